/** What the completer asks of the element in front of it, and tells it. */
import type {
  CompleterError,
  Completion,
  Machine,
  ModelSource,
  ModelSummary,
  Progress,
  SearchSettings,
} from "./messages.js";

export interface CompleterHost {
  readonly settings: SearchSettings;
  readonly modelSource: ModelSource | undefined;
  onPicture(width: number, height: number): void;
  onReady(machine: Machine): void;
  onModel(model: ModelSummary): void;
  onMask(): void;
  /** Returns whether to go on. */
  onStart(): boolean;
  onProgress(progress: Progress): void;
  onComplete(completion: Completion, chosen: number): void;
  onChoose(chosen: number): void;
  onCancel(): void;
  onFailure(error: CompleterError, message: string): void;
  onBusy(busy: boolean): void;
  /** A model file was dropped. */
  takeModel(file: Blob): void;
}
