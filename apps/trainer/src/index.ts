export { alignCommand } from "./align_command.js";
export { stepsPerEpoch, type TrainingImages } from "./batches.js";
export { doctorCommand } from "./doctor_command.js";
export { packCommand } from "./pack_command.js";
export { dashboardCommand } from "./report/dashboard_command.js";
export { reportCommand } from "./report/report_command.js";
export { sampleCommand } from "./sample_command.js";
export * from "./train.js";
export { trainCommand } from "./train_command.js";
