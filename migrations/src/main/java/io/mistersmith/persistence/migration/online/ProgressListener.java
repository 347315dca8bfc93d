package io.mistersmith.persistence.migration.online;

/** Is told of each batch, in the thread that does the change, between two batches. */
@FunctionalInterface
public interface ProgressListener {

  /** Listens to nothing. */
  ProgressListener NONE = progress -> {};

  /** A batch is committed. What is thrown here ends the call; the change can be gone on with. */
  void batchDone(BatchProgress progress);
}
