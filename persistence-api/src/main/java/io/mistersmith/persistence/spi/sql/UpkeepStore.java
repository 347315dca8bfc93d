package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.operations.Upkeep.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * What upkeep and health ask of the durable store. A call whose optional set of migrations is not
 * applied returns empty. Thread-safe.
 */
public interface UpkeepStore {

  /** Returns whether runs of jobs are kept here: whether the set {@code monitoring} is applied. */
  @SqlAccess.Read
  boolean keepsRuns();

  /**
   * Begins a run of a job, unless it began less than {@code every} ago in any runtime. Of several
   * calls at once, one begins. A run of the job that has no end is recorded as failed.
   */
  Turn begin(String job, String runtime, Duration every);

  /** Ends a run. */
  void end(UUID run, Duration took, Outcome outcome, String detail);

  /** Returns the latest ended run of each job. */
  @SqlAccess.Read
  List<Run> latest();

  /** Returns the latest ended runs of a job, newest first. */
  @SqlAccess.Read
  List<Run> runs(String job, int most);

  /** Records the counters of the database; returns whether they were due. */
  Optional<Boolean> sampleDatabase();

  /** Keeps plans of slow statements; returns how many. */
  OptionalInt captureSlowStatements();

  /** Recommends missing indexes; returns how many recommendations are new. */
  OptionalInt recommendIndexes();

  /** Removes months of the audit log that are older; returns how many records they had. */
  OptionalLong purgeAudit(Duration age);

  /** Removes samples, plans and runs of jobs that are older; returns how many rows. */
  OptionalInt removeOld(Duration age, int limit);

  /** Records how large the database and its tables are. */
  Optional<Capacity> recordCapacity();

  /** Returns when the store answers. */
  @SqlAccess.Read
  void ping();

  /** Compares the schema with the scripts that this library brings. */
  @SqlAccess.Read
  Schema schema();

  /**
   * Returns how far ahead partitions exist, for each table that is partitioned by time; empty where
   * there is none.
   */
  @SqlAccess.Read
  List<Partitions> partitions();

  /**
   * Whether a run begins.
   *
   * @param run the run that began; empty when the job is not due
   * @param due how long until the job is due again
   */
  record Turn(Optional<UUID> run, Duration due) {}

  /**
   * How large the database is.
   *
   * @param bytes its size
   * @param grownBytes how much it grew since {@code since}
   * @param since the time of the first sample of the last seven days; empty when there is none
   * @param largest the name of the largest table
   * @param largestBytes the size of that table, with its indexes
   */
  record Capacity(
      long bytes, long grownBytes, Optional<Instant> since, String largest, long largestBytes) {}

  /**
   * The schema, compared with the scripts of this library. Sets that are not applied do not count.
   *
   * @param known whether the store has a history of scripts
   * @param missing the scripts that this library brings and the store lacks
   * @param unknown the scripts that a newer library has applied
   * @param broken the scripts that were begun and have failed, or are under way
   */
  record Schema(boolean known, List<String> missing, List<String> unknown, List<String> broken) {

    /** Copies the lists. */
    public Schema {
      missing = List.copyOf(missing);
      unknown = List.copyOf(unknown);
      broken = List.copyOf(broken);
    }
  }

  /**
   * The partitions of a table.
   *
   * @param table the name with its schema
   * @param present whether the present period has a partition
   * @param ahead how many periods after it have one, without a gap
   * @param wanted how many should have one
   */
  record Partitions(String table, boolean present, int ahead, int wanted) {}
}
