package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.Message;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The requests that wait for their answers. NATS tells of a refused message by an error of the
 * connection that names the subject alone, so the requests to that subject are found here, and fail
 * at once instead of when their time is over. Thread-safe.
 */
final class Outstanding {

  /** One caller's place, with or without a request. */
  interface Waiting {

    /** Returns the subject of the request; null when none is under way. */
    @Nullable String subject();

    /** When it was sent, by {@link System#nanoTime}. */
    long since();

    /** Ends the wait of the request that was sent then, if it has not ended. */
    void fail(long since, RuntimeException cause);
  }

  private static final int REMEMBERED = 1_000;

  private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
  private final Map<String, RefusedException> refused = new ConcurrentHashMap<>();

  /**
   * Remembers a request until its future is done.
   *
   * @param sent the {@link System#nanoTime} before it was sent: it may have been refused since
   */
  CompletableFuture<Message> track(String subject, long sent, CompletableFuture<Message> answer) {
    if (!answer.isDone()) {
      Request request = new Request(subject, sent, answer);
      waiting.add(request);
      RefusedException before = refused.isEmpty() ? null : refused.get(subject);
      if (before != null && before.at() - sent >= 0) {
        request.fail(sent, before);
      }
      CompletableFuture<Message> unused =
          answer.whenComplete((message, failure) -> waiting.remove(request));
    }
    return answer;
  }

  void add(Waiting place) {
    waiting.add(place);
  }

  void remove(Waiting place) {
    waiting.remove(place);
  }

  /** Fails the requests that were sent to the subject. */
  void refuse(String subject, RefusedException cause) {
    if (refused.size() >= REMEMBERED) {
      refused.clear();
    }
    refused.put(subject, cause);
    failWhere((sentTo, since) -> sentTo.equals(subject), () -> cause);
  }

  /** Fails all requests. */
  void refuseAll(RefusedException cause) {
    failWhere((sentTo, since) -> true, () -> cause);
  }

  /**
   * Fails the requests to a stream that were sent before {@code sent}, by {@link System#nanoTime}:
   * the stream had no leader that could hear them.
   */
  void unheard(String stream, long sent) {
    String name = '.' + stream + '.';
    String bucket = '.' + stream.replaceFirst("^KV_", "") + '.';
    failWhere(
        (sentTo, since) -> {
          String tokens = '.' + sentTo + '.';
          return since - sent < 0 && (tokens.contains(name) || tokens.contains(bucket));
        },
        UnheardException::new);
  }

  /** Is told the subject of a request and when it was sent. */
  private interface Condition {
    boolean test(String subject, long since);
  }

  private void failWhere(Condition condition, Supplier<RuntimeException> cause) {
    for (Waiting place : waiting) {
      long since;
      String subject;
      do { // a place may be lent to the next request meanwhile
        since = place.since();
        subject = place.subject();
      } while (since != place.since());
      if (subject != null && condition.test(subject, since)) {
        place.fail(since, cause.get());
      }
    }
  }

  /** Returns how long the oldest request has been waiting; zero when none is. */
  Duration oldest() {
    long now = System.nanoTime();
    long longest = 0;
    for (Waiting request : waiting) {
      if (request.subject() != null) {
        longest = Math.max(longest, now - request.since());
      }
    }
    return Duration.ofNanos(longest);
  }

  private record Request(String subject, long since, CompletableFuture<Message> answer)
      implements Waiting {

    @Override
    public void fail(long sent, RuntimeException cause) {
      answer.completeExceptionally(cause);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }
}
