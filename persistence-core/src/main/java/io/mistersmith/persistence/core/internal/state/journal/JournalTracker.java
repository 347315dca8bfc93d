package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tracks this process's knowledge of a bucket's journal: the position that PostgreSQL holds, and
 * the epoch of each sequence.
 *
 * <p>A stream can go back: its bucket is deleted and created again, it is restored from a backup,
 * or its server lost what it had not synced. The server then hands out sequences a second time, and
 * a reader that goes on from the old position skips acknowledged writes (docs/design.md, rule 2).
 * So at every connect, every reconnect, whenever the flush is idle, and when an acknowledgement
 * shows a sequence that should be past, {@link #verify()} compares the stream with the position:
 *
 * <ul>
 *   <li>its time of creation is another one: it was created again;
 *   <li>its last sequence {@linkplain SettledStream lastingly} lies before the position, or before
 *       what this process was acknowledged: it lost its tail;
 *   <li>the message at the position was stored at another time than the one remembered: it lost its
 *       tail and was written to since.
 * </ul>
 *
 * First of all it is compared whether bucket and database are of one installation; see {@link
 * BucketOwner}. Where they are not, nothing is read, flushed or written.
 *
 * <p>Then PostgreSQL hands out a new epoch, which begins at the {@linkplain EpochBoundary first
 * message that is new}. Older messages keep the epoch that they were written in, so that fences and
 * revisions that callers hold stay right. If several runtimes find out at once, one starts the
 * epoch and the others take it over.
 */
public final class JournalTracker implements Revisions {

  private static final Logger LOG = LoggerFactory.getLogger(JournalTracker.class);

  private static final int ATTEMPTS = 16;

  /** How long a verification waits for another one. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Journal journal;
  private final JournalStore journals;
  private final SettledStream stream;
  private final EpochBoundary boundary;
  private final BucketOwner owner;
  private final PersistenceListener listener;
  private final Clock clock;
  private final Highest highest = new Highest();
  private final List<Runnable> restartActions = new CopyOnWriteArrayList<>();
  private final ReentrantLock verifying = new ReentrantLock();
  private final AtomicLong reads = new AtomicLong();
  private final Object taking = new Object();
  private long taken;
  private volatile JournalPosition position;
  private volatile long knownAtMillis;

  /**
   * Reads the position, starts the first epoch of a new bucket, and verifies; {@code clock} tells
   * when the position was known, {@code owner} whether bucket and database belong together.
   */
  public JournalTracker(
      Journal journal,
      JournalStore journals,
      BucketOwner owner,
      Duration overlap,
      PersistenceListener listener,
      Clock clock) {
    this.journal = journal;
    this.journals = journals;
    this.owner = owner;
    this.stream = new SettledStream(journal);
    this.boundary = new EpochBoundary(journal, overlap);
    this.listener = listener;
    this.clock = clock;
    this.position = readPosition();
    this.knownAtMillis = clock.millis();
    verify();
  }

  /** The position as this process last read or moved it. */
  public JournalPosition position() {
    return position;
  }

  /** When the position was last read or moved, in milliseconds of the clock. */
  public long knownAtMillis() {
    return knownAtMillis;
  }

  /**
   * Reads the position again. Waits for PostgreSQL without a lock, so that callers do not wait for
   * one another in turn while it does not answer.
   *
   * @return the position that was read, or a later one that was learnt meanwhile
   */
  public JournalPosition refresh() {
    long began = reads.incrementAndGet();
    JournalPosition read = owner.guard(this::readPosition);
    synchronized (taking) {
      if (began > taken) {
        take(read, began);
      }
      return position;
    }
  }

  /**
   * Takes over a position that this process has just moved to, unless an epoch was started since.
   */
  public void movedTo(JournalPosition next) {
    synchronized (taking) {
      if (next.epoch() >= position.epoch()) {
        take(next, reads.incrementAndGet());
      }
    }
  }

  /**
   * Takes over the position that the flushing runtime reports, if it is later than the known one.
   * Takes over nothing of another epoch: only PostgreSQL knows where that begins.
   *
   * @return whether the report is of the known epoch
   */
  public boolean heard(JournalProgress told) {
    synchronized (taking) {
      if (told.epoch() != position.epoch()) {
        return false;
      }
      if (told.sequence() > position.sequence()) {
        take(position.advancedTo(told.sequence(), told.messageTime()), reads.incrementAndGet());
      } else if (told.sequence() == position.sequence()) {
        knownAtMillis = clock.millis();
      }
      return true;
    }
  }

  @Override
  public void onRestart(Runnable action) {
    restartActions.add(action);
  }

  /**
   * Takes over what was learnt of the position; a read that began before {@code number} was handed
   * out and ends later says less.
   */
  private void take(JournalPosition next, long number) {
    taken = number;
    boolean restarted = next.epoch() != position.epoch();
    if (restarted) {
      // Earlier acknowledgements say nothing about the end of the present stream. Reset before the
      // epoch changes: a writer that reads the new epoch then cannot note its sequence under an old
      // mark.
      highest.restartAt(0);
    }
    position = next;
    knownAtMillis = clock.millis();
    if (restarted) {
      restartActions.forEach(Runnable::run);
    }
  }

  /**
   * Whether the stream still is the one that the position speaks of, by a quick look. When it is
   * not, {@link #verify()} finds out what its sequences mean.
   */
  public boolean isOfThisStream() {
    JournalPosition known = position;
    BucketState state = journal.state();
    return state.created().equals(known.streamCreated())
        && state.lastSequence() >= known.sequence();
  }

  /**
   * Looks at the stream, and fails when it is another installation's. Cheaper than {@link #verify},
   * for a thread that reads the journal without a pause.
   */
  public void lookWhose() {
    owner.look();
  }

  /**
   * Fails while the bucket or the database is known to be another installation's. Does not wait.
   */
  public void requireOwn() {
    owner.requireOwn();
  }

  @Override
  public Revision.OfJournal of(long sequence) {
    return new Revision.OfJournal(position.epochOf(sequence), sequence);
  }

  @Override
  public long applied() {
    return position.sequence();
  }

  @Override
  public long refreshApplied() {
    return refresh().sequence();
  }

  @Override
  public long highest() {
    return Math.max(highest.get(), position.sequence());
  }

  /** No earlier than what is applied: so a process that wrote nothing yet notices, too. */
  @Override
  public long mark() {
    return highest.mark(position.sequence());
  }

  @Override
  public boolean reaches(long sequence) {
    return stream.reaching(position.streamCreated(), sequence).lastSequence() >= sequence;
  }

  @Override
  public boolean note(long mark, long sequence) {
    return highest.note(mark, sequence);
  }

  @Override
  public boolean verify() {
    try {
      if (!verifying.tryLock(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
        throw unverified("another verification has not ended within " + PATIENCE, null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unverified("interrupted", e);
    }
    try {
      return verifyAlone();
    } finally {
      verifying.unlock();
    }
  }

  private TransientPersistenceException unverified(String why, @Nullable Throwable cause) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED,
        "bucket " + journal.name() + ": the stream was not compared with its position, " + why,
        cause);
  }

  private boolean verifyAlone() {
    long epochBefore = position.epoch();
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      // Both grow while this runs: taken before the stream is looked at, they cannot be past its
      // end.
      JournalPosition stored = refresh();
      long acknowledged = highest.get();
      BucketState state =
          stream.reaching(stored.streamCreated(), Math.max(stored.sequence(), acknowledged));
      owner.verify(state);
      List<String> regressions = regressions(stored, state, acknowledged);
      if (regressions.isEmpty()) {
        return stored.epoch() != epochBefore;
      }
      if (startEpoch(stored, state, String.join(", ", regressions))) {
        return true;
      }
    }
    throw new TransientPersistenceException(
        DataError.TRANSACTION_CONFLICT,
        "bucket " + journal.name() + ": the position moved each time an epoch was to be started");
  }

  /**
   * Returns false when the position moved meanwhile, by what a flush still had of the old stream.
   */
  private boolean startEpoch(JournalPosition stored, BucketState state, String reason) {
    long first = boundary.find(stored, state);
    JournalPosition started =
        journals.startEpoch(journal.name(), Optional.of(stored), first, state.created(), reason);
    synchronized (taking) {
      take(started, reads.incrementAndGet());
    }
    if (started.epoch() == stored.epoch()) {
      return false;
    }
    highest.restartAt(state.lastSequence());
    LOG.warn(
        "bucket {}: {}; position was {}-{}, epoch {} begins at sequence {}. Acknowledged writes"
            + " that the stream lost before they were flushed are gone: find out why it went back",
        journal.name(),
        reason,
        stored.epoch(),
        stored.sequence(),
        started.epoch(),
        first);
    listener.on(new PersistenceEvent.EpochStarted(journal.name(), started.epoch(), reason));
    return true;
  }

  private JournalPosition readPosition() {
    return journals.position(journal.name()).orElseGet(this::firstPosition);
  }

  /** A bucket that another installation's took the place of must not begin to be flushed. */
  private JournalPosition firstPosition() {
    BucketState state = journal.state();
    owner.verify(state);
    return journals.startEpoch(journal.name(), Optional.empty(), 1, state.created(), "first use");
  }

  private List<String> regressions(JournalPosition stored, BucketState state, long acknowledged) {
    List<String> found = new ArrayList<>();
    if (!state.created().equals(stored.streamCreated())) {
      found.add("stream recreated");
    }
    if (state.lastSequence() < stored.sequence()) {
      found.add("stream ends before the position");
    } else if (found.isEmpty() && boundary.messageAtPositionIsAnother(stored)) {
      found.add("another message at the position");
    }
    if (found.isEmpty() && state.lastSequence() < acknowledged) {
      found.add("stream ends before an acknowledged write");
    }
    return found;
  }
}
