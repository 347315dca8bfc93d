package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replays the dead letters that were filed because they ran out of time: a row that another session
 * had locked, or one that is slow. Nothing is wrong with them, so no operator has to. Runs as a
 * service of its own, where such a row holds up nothing else, and only while {@code leading} says
 * that this runtime flushes. Retries at growing intervals, up to one minute.
 */
public final class LateLetters {

  private static final Logger LOG = LoggerFactory.getLogger(LateLetters.class);
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final DeadLetters letters;
  private final BooleanSupplier leading;
  private final Progress progress;
  private final PeriodicService service;
  private final Backoff backoff = new Backoff(EVERY, LONGEST);
  private Deadline due = Deadline.after(Duration.ZERO);

  /**
   * Replays the late ones among {@code letters}, and signals {@code progress} to waiting callers.
   */
  public LateLetters(
      String bucket,
      DeadLetters letters,
      Services services,
      BooleanSupplier leading,
      Progress progress) {
    this.letters = letters;
    this.leading = leading;
    this.progress = progress;
    this.service =
        services.every(
            EVERY,
            "persistence-late-" + bucket,
            "entries whose rows were locked or slow stay dead letters",
            this::look);
  }

  /** Whether the entry was refused for want of time alone. */
  static boolean isLate(DeadLetter letter) {
    return letter.error() == DataError.TRANSACTION_CONFLICT;
  }

  /** Begins to look for late letters. */
  public void start() {
    service.start();
  }

  /** Stops after the letter under way; waits for that at most {@code patience}. */
  public void close(Duration patience) {
    if (!service.close(patience)) {
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

  /**
   * Replays the late dead letters. Returns whether the next try should wait: some were refused and
   * none passed, or a store failed.
   */
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
