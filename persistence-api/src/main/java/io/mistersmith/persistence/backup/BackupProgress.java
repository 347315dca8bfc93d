package io.mistersmith.persistence.backup;

/** Is told how far a backup, a verification or a restore is. Is called by one thread at a time. */
@FunctionalInterface
public interface BackupProgress {

  /** Ignores what it is told. */
  BackupProgress NONE = step -> {};

  /** Is called when a step begins, about once a second in it, and when it ends. Must not wait. */
  void report(Step step);

  /**
   * How far it is.
   *
   * @param what what is being done, such as {@code dump} or {@code stream KV_AGENT_STATE}
   * @param done how many bytes of it are done
   * @param total how many bytes it has; 0 where that is not known yet
   * @param bytesPerSecond the speed since the step began
   * @param ended whether the step has ended
   */
  record Step(String what, long done, long total, double bytesPerSecond, boolean ended) {}
}
