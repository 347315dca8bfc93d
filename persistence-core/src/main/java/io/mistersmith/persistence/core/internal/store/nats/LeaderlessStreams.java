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
 * <p>Once a stream can be written again, requests are given up that were sent before the last look
 * which found that it cannot; after two such looks in a row, for which a slow server is no
 * explanation, also those that were sent well before the question which it answered. Later ones may
 * just be on their way: they are given up at the next look, if they still wait. What is given up
 * has an unknown outcome, as after a timeout. Belongs to one connection at a time; used by one
 * thread.
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

  /** The looks in a row that found a stream unwritable, and when the last one asked. */
  private record Trouble(int looks, long asked) {}

  private final Map<String, Trouble> troubled = new HashMap<>();
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
   * @param present the connection that it was made over; the one in use, or the next one
   * @param asked the {@link System#nanoTime} before its questions were sent
   * @return whether another look should follow soon: what was sent later may have to be given up
   */
  boolean saw(Connection present, StreamProbe.Verdict verdict, long asked) {
    if (seen != present) {
      reset(present);
    }
    boolean more = false;
    heardSince.forEach(unheard::fail);
    for (String stream : verdict.writable()) {
      Trouble before = troubled.remove(stream);
      if (before != null) {
        heardSince.put(stream, asked);
        more = true;
        unheard.fail(stream, before.looks() < LOOKS ? before.asked() : asked - ON_ITS_WAY_NANOS);
      }
    }
    for (String stream : verdict.troubled()) {
      Trouble before = troubled.get(stream);
      troubled.put(stream, new Trouble(before == null ? 1 : before.looks() + 1, asked));
      heardSince.remove(stream);
    }
    return more;
  }
}
