package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks whether a stream reaches a sequence, and believes a no only if it lasts.
 *
 * <p>A server of a cluster that was restarted, or has just been elected, may answer for a stream
 * before it has applied what the others have acknowledged. Its answer looks like that of a stream
 * which lost its tail. A new epoch that begins there would apply old messages again, over later
 * rows. So while a replicated stream ends too early it is asked again. Thread-safe.
 */
final class SettledStream {

  private static final Logger LOG = LoggerFactory.getLogger(SettledStream.class);

  /** How long a replicated stream must end too early until it is believed. */
  private static final Duration SETTLING = Duration.ofSeconds(5);

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Journal journal;
  private final Duration settling;

  SettledStream(Journal journal) {
    this(journal, SETTLING);
  }

  SettledStream(Journal journal, Duration settling) {
    this.journal = journal;
    this.settling = settling;
  }

  /**
   * Returns the state of the stream. If it ends before {@code sequence} then, it has done so for a
   * while, has no replicas, or was not {@code created} when the sequence was stored.
   */
  BucketState reaching(Instant created, long sequence) {
    long began = System.nanoTime();
    BucketState first = journal.state();
    BucketState state = first;
    while (state.replicated()
        && state.lastSequence() < sequence
        && state.created().equals(created)
        && System.nanoTime() - began < settling.toNanos()) {
      pause();
      state = journal.state();
    }
    if (first.lastSequence() < sequence && state.lastSequence() >= sequence) {
      LOG.info(
          "bucket {}: a server answered that the stream ends at {}, although {} was reached; asked"
              + " again, it ends at {}",
          journal.name(),
          first.lastSequence(),
          sequence,
          state.lastSequence());
    }
    return state;
  }

  private void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          "bucket "
              + journal.name()
              + ": interrupted while its servers were asked whether the stream went back",
          e);
    }
  }
}
