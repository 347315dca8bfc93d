package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Connection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives up requests that no leader heard. A stream without a leader answers nothing, not even
 * later, so a request that was sent meanwhile would wait for its whole time although another leader
 * has been elected.
 *
 * <p>A stream counts as leaderless when two looks in a row found that it cannot be written: one may
 * only have met a slow server. Once it can be written, requests are given up that were sent well
 * before the question which it answered; later ones may just be on their way. Those are given up at
 * the next look, if they still wait. What is given up has an unknown outcome, as after a timeout.
 * Belongs to one connection at a time; used by one thread.
 */
final class LeaderlessStreams {

  /** Fails the requests to a stream that were sent before a {@link System#nanoTime}. */
  interface Unheard {
    void fail(String stream, long sentBefore);
  }

  private static final int LOOKS = 2;

  /** An answer that takes longer is not on its way. */
  private static final long ON_ITS_WAY_NANOS = 300_000_000L;

  private final Unheard unheard;
  private final Map<String, Integer> troubled = new HashMap<>();
  private final Map<String, Long> heardSince = new HashMap<>();
  private @Nullable Connection seen;

  LeaderlessStreams(Unheard unheard) {
    this.unheard = unheard;
  }

  /** Nothing waits on this connection, or it is a new one: what was found before is over. */
  void reset(Connection present) {
    seen = present;
    troubled.clear();
    heardSince.clear();
  }

  /**
   * Takes note of a look.
   *
   * @param asked the {@link System#nanoTime} before its questions were sent
   */
  void saw(Connection present, StreamProbe.Verdict verdict, long asked) {
    if (seen != present) {
      reset(present);
    }
    heardSince.forEach(unheard::fail);
    for (String stream : verdict.writable()) {
      Integer looks = troubled.remove(stream);
      if (looks != null && looks >= LOOKS) {
        heardSince.put(stream, asked);
        unheard.fail(stream, asked - ON_ITS_WAY_NANOS);
      }
    }
    for (String stream : verdict.troubled()) {
      troubled.merge(stream, 1, Integer::sum);
      heardSince.remove(stream);
    }
  }
}
