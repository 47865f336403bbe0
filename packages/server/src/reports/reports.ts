/** What mail systems and recipients answer: read from messages, matched to deliveries. The room's public file. */
export { firstLook, type FirstLook } from './first-look.ts';
export { parseReport } from './parse-report.ts';
export { ReportIntake } from './report-intake.ts';
export type { IncomingReport, MatchedBy, MatchedDelivery, TakenReport } from './taken-report.ts';
export type { ReportClue, ReportedDelivery, ReportRecord, ReportStore } from './report-store.ts';
export type {
  Disposition,
  FailureClass,
  Report,
  ReportAction,
  ReportKind,
  ReportRecipient,
} from './report.ts';
