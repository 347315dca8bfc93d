package io.mistersmith.persistence.core.internal.journal;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.HotBucket;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Revisions of a bucket that nothing is flushed from: PostgreSQL knows no epoch of it, so the time
 * at which its stream was made serves as one. A stream that was made anew thereby gets a later
 * epoch.
 */
public final class BucketIncarnation implements Revisions {

  private final HotBucket bucket;
  private final Highest highest = new Highest();
  private final List<Runnable> restartActions = new CopyOnWriteArrayList<>();
  private volatile long epoch;

  /** Asks the bucket for its state. */
  public BucketIncarnation(HotBucket bucket) {
    this.bucket = bucket;
    this.epoch = epochOf(bucket.state());
  }

  @Override
  public Revision of(long sequence) {
    return new Revision(epoch, sequence);
  }

  @Override
  public long highest() {
    return highest.get();
  }

  @Override
  public long mark() {
    return highest.mark(0);
  }

  @Override
  public boolean reaches(long sequence) {
    return bucket.state().lastSequence() >= sequence;
  }

  @Override
  public boolean note(long mark, long sequence) {
    return highest.note(mark, sequence);
  }

  @Override
  public synchronized boolean verify() {
    // Taken before the stream is looked at: it grows while this runs.
    long acknowledged = highest.get();
    BucketState state = bucket.state();
    long found = epochOf(state);
    boolean restarted = found != epoch || state.lastSequence() < acknowledged;
    if (restarted) {
      highest.restartAt(state.lastSequence());
      epoch = found;
      restartActions.forEach(Runnable::run);
    }
    return restarted;
  }

  @Override
  public void onRestart(Runnable action) {
    restartActions.add(action);
  }

  private static long epochOf(BucketState state) {
    Instant created = state.created();
    return Math.max(1, created.getEpochSecond() * 1_000_000_000L + created.getNano());
  }
}
