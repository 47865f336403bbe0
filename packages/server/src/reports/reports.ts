/** What mail systems and recipients answer: read from messages, matched to deliveries. The room's public file. */
export { firstLook, type FirstLook } from './first-look.ts';
export { parseReport } from './parse-report.ts';
export {
  ReportIntake,
  type IncomingReport,
  type MatchedBy,
  type MatchedDelivery,
  type TakenReport,
} from './report-intake.ts';
export type { ReportClue, ReportedDelivery, ReportRecord, ReportStore } from './report-store.ts';
export type {
  Disposition,
  FailureClass,
  Report,
  ReportAction,
  ReportKind,
  ReportRecipient,
} from './report.ts';
