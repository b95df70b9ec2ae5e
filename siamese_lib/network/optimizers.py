"""An optimizer for the tower: Muon for its hidden kernels, Adam for its other weights."""

from __future__ import annotations

import math

from siamese_lib.network.backend import Tensor, keras, ops

# Coefficients of the quintic iteration, from Jordan et al. They bring every singular value to
# about 1 (between 0.7 and 1.2) in five rounds, which is accurate enough for a training step.
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ROUNDS = 5


@keras.saving.register_keras_serializable("siamese_lib")
class Muon(keras.optimizers.Optimizer):
    """Momentum made orthogonal: each step moves a kernel equally far in all directions.

    A convolution multiplies patches of height * width * channels_in numbers by a matrix with as
    many rows and channels_out columns. Muon takes the momentum of that matrix, replaces it by
    the nearest matrix whose singular values are all 1, and steps along the result. So directions
    that plain gradient descent would neglect for a long time are learnt at once. Chapter 2 of the
    book compares Muon with Adam.

    Muon trains the hidden kernels only. Adam trains the rest: biases are not matrices, and each
    column of the last kernel is an axis of the embedding with a meaning of its own. The last
    kernel is the last variable that has two axes or more.

    (`keras.optimizers.Muon` trains the kernels of convolutions with Adam, so it is of no use
    here.)

    Args:
        learning_rate: float or Keras schedule. A step changes a kernel by a matrix of about this
            spectral norm, times ``sqrt(rows / columns)`` if it has more rows than columns.
        momentum: share of the previous step's momentum that is kept, in [0, 1).
        adam_ratio: Adam's learning rate, as a multiple of `learning_rate`; 0 or more.
        **kwargs: `name`, `weight_decay`, `use_ema` and the other arguments of a Keras optimizer.

    Raises:
        ValueError: `momentum` is not in [0, 1), or `adam_ratio` is below 0 or not finite.

    References:
        Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
        Kingma and Ba, "Adam: A method for stochastic optimization", 2015, algorithm 1.
    """

    def __init__(
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 0.02,
        *,
        momentum: float = 0.9,
        adam_ratio: float = 0.15,
        **kwargs: object,
    ) -> None:
        kwargs.setdefault("name", "muon")
        super().__init__(learning_rate, **kwargs)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum is {momentum!r}; expected a number in [0, 1).")
        if not 0 <= adam_ratio < math.inf:
            raise ValueError(f"adam_ratio is {adam_ratio!r}; expected a finite number, 0 or more.")
        self.momentum = momentum
        self.adam_ratio = adam_ratio

    def build(self, variables: list[keras.Variable]) -> None:
        """Create the state: a momentum for each variable, and a second moment where Adam trains."""
        if self.built:
            return
        super().build(variables)
        kernels = [index for index, variable in enumerate(variables) if len(variable.shape) >= 2]
        self._hidden = set(kernels[:-1])
        self._momenta = self.add_optimizer_variables(variables, "momentum")
        self._squares: list[Tensor] = [  # None for hidden kernels
            None if index in self._hidden else self.add_variable_from_reference(variable, "square")
            for index, variable in enumerate(variables)
        ]

    def update_step(
        self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor
    ) -> None:
        """Update one variable by its gradient."""
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        index = self._get_variable_index(variable)
        step = self._muon_step if index in self._hidden else self._adam_step
        step(gradient, variable, rate, index)

    def _muon_step(
        self, gradient: Tensor, kernel: keras.Variable, rate: Tensor, index: int
    ) -> None:
        momentum = self._momenta[index]
        self.assign(momentum, self.momentum * momentum + gradient)
        ahead = gradient + self.momentum * momentum  # Nesterov
        rows, columns = math.prod(kernel.shape[:-1]), kernel.shape[-1]
        direction = orthogonalized(ops.reshape(ahead, (rows, columns)))
        scale = max(1.0, rows / columns) ** 0.5
        self.assign_sub(kernel, rate * scale * ops.reshape(direction, kernel.shape))

    def _adam_step(
        self, gradient: Tensor, variable: keras.Variable, rate: Tensor, index: int
    ) -> None:
        mean, square = self._momenta[index], self._squares[index]
        step = ops.cast(self.iterations + 1, variable.dtype)
        self.assign(mean, 0.9 * mean + 0.1 * gradient)
        self.assign(square, 0.999 * square + 0.001 * ops.square(gradient))
        unbiased_mean = mean / (1 - ops.power(0.9, step))
        unbiased_square = square / (1 - ops.power(0.999, step))
        change = rate * self.adam_ratio * unbiased_mean / (ops.sqrt(unbiased_square) + 1e-7)
        self.assign_sub(variable, change)

    def get_config(self) -> dict[str, object]:
        """Return the arguments with which Keras builds this optimizer again."""
        return {**super().get_config(), "momentum": self.momentum, "adam_ratio": self.adam_ratio}


def build_optimizer(model: keras.Model) -> None:
    """Make the variables of a model's optimizer, if it has none and all of the model's are there.

    Keras makes them in the first step otherwise, and TensorFlow compiles such a step twice. A model
    with layers that have no weights yet is left to Keras, as an optimizer takes no more later.

    Args:
        model: compiled.
    """
    ready = model.built and all(layer.built for layer in model.layers)
    if ready and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def orthogonalized(matrix: Tensor) -> Tensor:
    """Return approximately the nearest matrix whose singular values are all 1.

    Each round of the iteration multiplies the matrix M by ``a + b G + c G^2``, where G is M^T M or
    M M^T, whichever is smaller. The rounds need only G, so their polynomials are multiplied
    together first. M is multiplied by the product once, at the end.

    Args:
        matrix: float (rows, columns).

    Returns:
        About U V^T for a matrix U S V^T, float (rows, columns): the singular values are between
        about 0.7 and 1.2. Those below a thousandth of the largest stay smaller.
    """
    rows, columns = matrix.shape
    tall, flipped = rows > columns, ops.transpose(matrix)
    gram = ops.matmul(flipped, matrix) if tall else ops.matmul(matrix, flipped)
    scale = 1 / (ops.trace(gram) + 1e-14)
    gram = scale * gram
    factor = identity = ops.eye(min(rows, columns), dtype=matrix.dtype)
    for _ in range(_ROUNDS):
        change = _A * identity + _B * gram + _C * ops.matmul(gram, gram)
        factor = ops.matmul(factor, change)
        gram = ops.matmul(ops.matmul(change, gram), change)
    factor = ops.sqrt(scale) * factor
    return ops.matmul(matrix, factor) if tall else ops.matmul(factor, matrix)
