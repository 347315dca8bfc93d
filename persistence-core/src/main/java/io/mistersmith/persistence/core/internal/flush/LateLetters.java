package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.resilience.Backoff;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.repository.DeadLetters;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replays the dead letters that were filed because they ran out of time: a row that another session
 * had locked, or one that is slow. Nothing is wrong with them, so nobody else has to. Works on a
 * thread of its own, where such a row holds up nothing, and only where {@code leading} says that
 * this runtime flushes. Tries what does not pass ever more rarely, down to once a minute.
 */
public final class LateLetters {

  private static final Logger LOG = LoggerFactory.getLogger(LateLetters.class);
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final DeadLetters letters;
  private final BooleanSupplier leading;
  private final Progress progress;
  private final Background thread;
  private final Backoff backoff = new Backoff(EVERY, LONGEST);
  private Deadline due = Deadline.after(Duration.ZERO);

  /** Replays those of {@code letters}, and signals {@code progress} to those who wait. */
  public LateLetters(
      String bucket,
      DeadLetters letters,
      ServiceHealth health,
      BooleanSupplier leading,
      Progress progress) {
    this.letters = letters;
    this.leading = leading;
    this.progress = progress;
    this.thread =
        Background.every(
            EVERY,
            "persistence-late-" + bucket,
            "entries whose rows were locked or slow stay dead letters",
            health,
            this::look);
  }

  /** Whether the entry was refused for want of time alone. */
  static boolean isLate(DeadLetter letter) {
    return letter.error() == DataError.TRANSACTION_CONFLICT;
  }

  /** Begins to look for late letters. */
  public void start() {
    thread.start();
  }

  /** Stops after the letter under way; waits for that at most {@code patience}. */
  public void close(Duration patience) {
    if (!thread.close(patience)) {
      LOG.debug("a late dead letter is still being replayed");
    }
  }

  private void look() {
    if (!leading.getAsBoolean() || !due.hasPassed()) {
      return;
    }
    if (isStuck()) {
      due = Deadline.after(backoff.next());
    } else {
      backoff.reset();
    }
  }

  /** Replays what is late; returns whether there was something, and none of it passed. */
  private boolean isStuck() {
    try {
      DeadLetters.Replay replay =
          letters.replayAll(DeadLetters.Filter.all().withError(DataError.TRANSACTION_CONFLICT));
      if (replay.replayed() > 0) {
        LOG.info("{} entries that had run out of time are in PostgreSQL now", replay.replayed());
        progress.signal();
      }
      return replay.refused() > 0 && replay.replayed() == 0;
    } catch (PersistenceException e) {
      LOG.info("late dead letters not replayed, trying again: {}", e.getMessage());
      return true;
    }
  }
}
