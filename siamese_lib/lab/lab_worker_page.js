// @ts-check
// The script of a laboratory's worker, whole.

import { serveLab } from "./lab_worker.js";

serveLab();
