package io.mistersmith.persistence.monitor;

import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.stream.LongStream;

/**
 * One committed flush. Immutable.
 *
 * <p>The lag of a write is the time from its write to its commit, by the NATS server's clock;
 * writes that a later one in the batch superseded count as committed with it.
 */
public final class FlushReport {

  private final String bucket;
  private final Revision through;
  private final int rows;
  private final int refused;
  private final Duration took;
  private final long[] lagNanos;

  /** A report about one batch; {@code lagNanos} has an element for each write. */
  public FlushReport(
      String bucket, Revision through, int rows, int refused, Duration took, long[] lagNanos) {
    this.bucket = bucket;
    this.through = through;
    this.rows = rows;
    this.refused = refused;
    this.took = took;
    this.lagNanos = lagNanos.clone();
  }

  /** The bucket whose journal was flushed. */
  public String bucket() {
    return bucket;
  }

  /** The position that PostgreSQL has reached with this batch. */
  public Revision through() {
    return through;
  }

  /** How many writes the batch held; what was hydrated passes through the journal, but is none. */
  public int entries() {
    return lagNanos.length;
  }

  /** How many rows they were coalesced to. */
  public int rows() {
    return rows;
  }

  /** How many of the rows PostgreSQL refused; they are dead letters now. */
  public int refused() {
    return refused;
  }

  /** How long the transaction took. */
  public Duration took() {
    return took;
  }

  /** The lag of each write, in nanoseconds, in journal order. */
  public LongStream lagNanos() {
    return LongStream.of(lagNanos);
  }
}
