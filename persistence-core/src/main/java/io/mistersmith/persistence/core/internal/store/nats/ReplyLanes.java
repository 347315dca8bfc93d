package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Connection;
import io.nats.client.JetStreamStatusException;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Requests of callers that wait for the answer: each reads it from a subscription of its own.
 *
 * <p>The answers to jnats' own requests all pass one more thread, which hands them out; waking it
 * takes a tenth of a round trip where cores are few. A lane is lent to one caller at a time and
 * kept for the next. Each request has a reply subject of its own: the answer to an earlier one that
 * ran out of time, or a second answer to it, is not taken for the answer to this one. Belongs to
 * one connection and ends with it. Thread-safe.
 */
final class ReplyLanes {

  /** The most lanes. When all are lent, a caller falls back to jnats' own request. */
  static final int MOST = 64;

  private static final int NO_RESPONDERS = 503;

  /** How often a waiting caller looks whether its request was refused. */
  private static final Duration LOOK = Duration.ofMillis(50);

  /**
   * Takes what has arrived. A caller looks once more after its deadline: it may have slept through
   * it, as when a thousand virtual threads share two processors, while its answer was there.
   */
  private static final Duration A_MOMENT = Duration.ofNanos(1);

  private final Connection connection;
  private final Outstanding outstanding;
  private final ConcurrentLinkedDeque<Lane> free = new ConcurrentLinkedDeque<>();
  private final Set<Lane> lanes = ConcurrentHashMap.newKeySet();
  private final AtomicInteger made = new AtomicInteger();
  private volatile boolean ended;

  ReplyLanes(Connection connection, Outstanding outstanding) {
    this.connection = connection;
    this.outstanding = outstanding;
  }

  Connection connection() {
    return connection;
  }

  /**
   * Sends a request and waits for its answer; null when all lanes are lent and nothing was sent.
   *
   * @throws TimeoutException when none comes in time
   * @throws RefusedException when the server does not let this client ask, or be answered
   * @throws UnheardException when it was sent while nobody could answer
   * @throws JetStreamStatusException when the subject has no subscriber
   * @throws CancellationException when the connection is lost before it comes
   * @throws IllegalStateException when nothing was sent
   */
  @Nullable Message ask(String subject, @Nullable Headers headers, byte[] body, Duration timeout)
      throws InterruptedException, TimeoutException {
    Lane lane = borrow();
    if (lane == null) {
      return null;
    }
    try {
      return lane.ask(subject, headers, body, timeout);
    } finally {
      free.addFirst(lane); // the next caller finds what is warm
    }
  }

  private @Nullable Lane borrow() {
    Lane lane = free.pollFirst();
    if (lane != null) {
      return lane;
    }
    if (made.get() >= MOST || made.incrementAndGet() > MOST) {
      return null;
    }
    boolean usable = false;
    try {
      Lane another = new Lane();
      lanes.add(another);
      outstanding.add(another);
      if (ended) {
        outstanding.remove(another);
      }
      usable = true;
      return another;
    } finally {
      if (!usable) {
        made.decrementAndGet();
      }
    }
  }

  /** Forgets the lanes of a connection that is closed; those that are lent end by themselves. */
  void end() {
    ended = true;
    lanes.forEach(outstanding::remove);
  }

  /** Why the request that was sent then has no answer to wait for. */
  private record End(long since, RuntimeException cause) {}

  private final class Lane implements Outstanding.Waiting {

    private final String inbox = connection.createInbox() + ".";
    private final Subscription answers = connection.subscribe(inbox + "*");
    private long requests;
    private volatile @Nullable String subject;
    private volatile long since;
    private volatile @Nullable End end;

    Message ask(String target, @Nullable Headers headers, byte[] body, Duration timeout)
        throws InterruptedException, TimeoutException {
      String replyTo = inbox + ++requests;
      long sent = System.nanoTime();
      long deadline = sent + timeout.toNanos();
      since = sent;
      subject = target;
      try {
        connection.publish(target, replyTo, headers, body);
        Duration left = timeout;
        while (true) {
          boolean over = left.compareTo(A_MOMENT) <= 0;
          Message answer = next(over ? A_MOMENT : left.compareTo(LOOK) < 0 ? left : LOOK);
          if (answer != null && answer.getSubject().equals(replyTo)) {
            return heard(answer);
          }
          End ended = end;
          if (ended != null && ended.since() == sent) {
            throw ended.cause();
          }
          if (over && answer == null) {
            throw new TimeoutException("no answer in time");
          }
          left = Duration.ofNanos(deadline - System.nanoTime());
        }
      } finally {
        subject = null;
      }
    }

    @Override
    public @Nullable String subject() {
      return subject;
    }

    @Override
    public long since() {
      return since;
    }

    @Override
    public void fail(long since, RuntimeException cause) {
      end = new End(since, cause);
    }

    private @Nullable Message next(Duration wait) throws InterruptedException {
      try {
        return answers.nextMessage(wait);
      } catch (IllegalStateException e) {
        CancellationException lost = new CancellationException("the connection was lost");
        lost.initCause(e);
        throw lost;
      }
    }

    private static Message heard(Message answer) {
      if (answer.isStatusMessage() && answer.getStatus().getCode() == NO_RESPONDERS) {
        throw new JetStreamStatusException(answer.getStatus());
      }
      return answer;
    }
  }
}
