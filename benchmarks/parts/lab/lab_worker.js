// @ts-check
// What a page's worker runs: each message is a trial, and each report a message.

import { runTrial } from "./lab_trial.js";

self.onmessage = ({ data }) => runTrial(data, (report) => self.postMessage(report));
