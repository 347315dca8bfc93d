package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Revisions of a bucket that is not flushed. PostgreSQL knows no epoch of it, so the time at which
 * its stream was created serves as one: a recreated stream gets a later epoch.
 */
public final class BucketIncarnation implements Revisions {

  private final SettledStream stream;
  private final Highest highest = new Highest();
  private final List<Runnable> restartActions = new CopyOnWriteArrayList<>();
  private volatile long epoch;
  private volatile Instant created;

  /** Asks the bucket for its state. */
  public BucketIncarnation(Journal journal) {
    this.stream = new SettledStream(journal);
    this.created = journal.state().created();
    this.epoch = epochOf(created);
  }

  @Override
  public Revision.OfJournal of(long sequence) {
    return new Revision.OfJournal(epoch, sequence);
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
    return stream.reaching(created, sequence).lastSequence() >= sequence;
  }

  @Override
  public boolean note(long mark, long sequence) {
    return highest.note(mark, sequence);
  }

  @Override
  public synchronized boolean verify() {
    // Taken before the stream is looked at: it grows while this runs.
    long acknowledged = highest.get();
    BucketState state = stream.reaching(created, acknowledged);
    long found = epochOf(state.created());
    boolean restarted = found != epoch || state.lastSequence() < acknowledged;
    if (restarted) {
      highest.restartAt(state.lastSequence());
      epoch = found;
      created = state.created();
      restartActions.forEach(Runnable::run);
    }
    return restarted;
  }

  @Override
  public void onRestart(Runnable action) {
    restartActions.add(action);
  }

  private static long epochOf(Instant created) {
    return Math.max(1, created.getEpochSecond() * 1_000_000_000L + created.getNano());
  }
}
