package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Connection;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Notices soon that a server which keeps its connection open does not answer any more: it is
 * frozen, or the network drops what is sent. Until then each call would wait for all of its time;
 * once the connection counts as lost they fail at once. A server that is only slow sends something,
 * or answers a ping. Used by one thread, which looks every 500 ms; what it did not see while the
 * whole process was paused does not count.
 */
final class Liveness {

  /** So many looks without a message from the server are a reason to ask it: 2 s. */
  private static final int QUIET = 4;

  private static final Duration PONG = Duration.ofSeconds(1);

  private @Nullable Connection connection;
  private long received;
  private int quiet;
  private int unanswered;

  /** Whether nothing has come for 2 s, and no answer to two pings after that. */
  boolean isLost(Connection present) throws InterruptedException {
    long now = present.getStatistics().getInMsgs();
    if (connection != present || now != received) {
      connection = present;
      received = now;
      quiet = 0;
      unanswered = 0;
      return false;
    }
    quiet++;
    if (quiet < QUIET) {
      return false;
    }
    try {
      present.flush(PONG);
      quiet = 0;
      unanswered = 0;
    } catch (TimeoutException e) {
      unanswered++;
    } catch (IllegalStateException e) {
      return false; // it was closed meanwhile
    }
    return unanswered >= 2;
  }
}
