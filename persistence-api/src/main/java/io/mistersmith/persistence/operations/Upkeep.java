package io.mistersmith.persistence.operations;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The jobs that keep the database in order while runtimes are open: checks of alerts, samples,
 * captures of slow statements, purges and archiving.
 *
 * <p>One runtime of an installation works for all, under a lease. When it ends, another one takes
 * over within half a minute. A job whose set of migrations is not applied is skipped. Thread-safe.
 */
public interface Upkeep {

  /**
   * Returns every job with its last run, in the order of their names. Asks PostgreSQL.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer
   */
  List<Job> jobs();

  /**
   * Returns the latest runs of a job, newest first; those of all runtimes where the set {@code
   * monitoring} is applied, else those of this one.
   *
   * @param most how many at most
   * @throws IllegalArgumentException when there is no job of this name
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer
   */
  List<Run> runs(String job, int most);

  /**
   * Runs a job now in this runtime, even without the lease, and returns its outcome.
   *
   * @throws IllegalArgumentException when there is no job of this name
   */
  Run run(String job);

  /**
   * A job.
   *
   * @param name such as {@code purge_audit}
   * @param purpose what it is for, in a sentence
   * @param every how often it runs
   * @param enabled whether this runtime's configuration lets it run
   * @param last its last run, in any runtime
   */
  record Job(String name, String purpose, Duration every, boolean enabled, Optional<Run> last) {}

  /** What came of a run. */
  enum Outcome {
    /** It did what was to be done. */
    DONE,
    /** There is nothing to do it with: its set of migrations is not applied. */
    SKIPPED,
    /** It failed; it runs again at its next turn. */
    FAILED
  }

  /**
   * A run of a job.
   *
   * @param job the job's name
   * @param runtime the name of the runtime that ran it
   * @param startedAt when it began
   * @param took how long it took
   * @param outcome what came of it
   * @param detail what was done, why it was skipped, or what it failed with
   */
  record Run(
      String job,
      String runtime,
      Instant startedAt,
      Duration took,
      Outcome outcome,
      String detail) {}
}
