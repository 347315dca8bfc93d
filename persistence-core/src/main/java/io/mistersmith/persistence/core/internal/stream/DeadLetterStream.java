package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Content;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.StreamPlan.Discard;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.DeadLetter;
import io.mistersmith.persistence.stream.Streams.DeadLetters;
import io.mistersmith.persistence.stream.Streams.Published;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The stream of the messages that the consumers of an installation gave up, each on the subject of
 * its consumer. A full one refuses more: then a message stays with its consumer.
 */
final class DeadLetterStream {

  private static final String NAME = "DEAD_LETTERS";
  private static final String SUBJECTS = "persistence.dead.";
  private static final String REASON = "Persistence-Reason";
  private static final String ATTEMPTS = "Persistence-Attempts";
  private static final String SUBJECT = "Persistence-Subject";
  private static final String SEQUENCE = "Persistence-Sequence";
  private static final String LEFT_OUT = "Persistence-Body-Left-Out";
  private static final int MAX_REASON = 1_000;
  private static final int MAX_PAGE = 1_000;
  private static final byte[] NOTHING = {};

  private static final StreamPlan PLAN =
      StreamPlan.builder(NAME, SUBJECTS + ">")
          .description("Messages that consumers gave up")
          .maxAge(Duration.ofDays(30))
          .maxBytes(256L * 1024 * 1024)
          .discard(Discard.NEW)
          .duplicateWindow(Duration.ofMinutes(5))
          .build();

  private final StreamStore store;

  DeadLetterStream(StreamStore store) {
    this.store = store;
  }

  /** Creates the stream if it does not exist; an operator may have changed its limits. */
  void ensure() {
    if (!store.compare(PLAN).exists()) {
      Changes unused = store.apply(PLAN);
    }
  }

  private static String subject(String stream, String consumer) {
    return SUBJECTS + stream + "." + consumer;
  }

  /** Keeps a message that a consumer gives up. Completes when it is stored. */
  CompletableFuture<Published> add(
      String stream, String consumer, Stored message, int attempts, String reason) {
    CompletableFuture<Published> kept = new CompletableFuture<>();
    var unused =
        store
            .publish(outgoing(stream, consumer, message, attempts, reason, message.body()))
            .whenComplete(
                (published, failure) -> {
                  if (isTooLarge(failure)) {
                    pass(
                        store.publish(
                            outgoing(stream, consumer, message, attempts, reason, NOTHING)),
                        kept);
                  } else {
                    end(kept, published, failure);
                  }
                });
    return kept;
  }

  private static void pass(CompletableFuture<Published> from, CompletableFuture<Published> to) {
    var unused = from.whenComplete((published, failure) -> end(to, published, failure));
  }

  private static void end(
      CompletableFuture<Published> kept, Published published, @Nullable Throwable failure) {
    if (failure == null) {
      kept.complete(published);
    } else {
      kept.completeExceptionally(failure);
    }
  }

  private static boolean isTooLarge(@Nullable Throwable failure) {
    return failure != null
        && Failures.cause(failure) instanceof PersistenceException typed
        && typed.error() == DataError.VALUE_TOO_LARGE;
  }

  private static Outgoing outgoing(
      String stream, String consumer, Stored message, int attempts, String reason, byte[] body) {
    Map<String, String> headers = new HashMap<>(Envelope.publishersOf(message));
    headers.put(REASON, printable(reason));
    headers.put(ATTEMPTS, String.valueOf(attempts));
    headers.put(SUBJECT, message.subject());
    headers.put(SEQUENCE, String.valueOf(message.sequence()));
    headers.put(Envelope.ID, Envelope.idOf(stream, message));
    if (body.length < message.body().length) {
      headers.put(LEFT_OUT, String.valueOf(message.body().length));
    }
    return new Outgoing(
        NAME,
        subject(stream, consumer),
        Optional.of(stream + "/" + consumer + "/" + message.sequence() + "/" + message.time()),
        headers,
        body);
  }

  private static String printable(String reason) {
    String ascii = reason.replaceAll("[^ -~]", "?");
    return ascii.substring(0, Math.min(ascii.length(), MAX_REASON));
  }

  DeadLetters of(String stream, String consumer) {
    return new OfConsumer(stream, consumer);
  }

  private static DeadLetter letter(Stored found) {
    Map<String, String> headers = found.headers();
    return new DeadLetter(
        found.sequence(),
        found.time(),
        headers.getOrDefault(REASON, ""),
        (int) number(headers, ATTEMPTS),
        headers.getOrDefault(SUBJECT, ""),
        headers.getOrDefault(Envelope.ID, ""),
        number(headers, SEQUENCE),
        Envelope.publishersOf(found),
        found.body());
  }

  private static long number(Map<String, String> headers, String name) {
    try {
      return Long.parseLong(headers.getOrDefault(name, "0"));
    } catch (NumberFormatException e) {
      return 0; // of another program's message
    }
  }

  /** The dead letters of one consumer. */
  private final class OfConsumer implements DeadLetters {

    private final String stream;
    private final String consumer;

    OfConsumer(String stream, String consumer) {
      this.stream = stream;
      this.consumer = consumer;
    }

    @Override
    public List<DeadLetter> page(long after, int limit) {
      if (limit < 1 || limit > MAX_PAGE) {
        throw new IllegalArgumentException("limit is " + limit + "; give 1 to " + MAX_PAGE);
      }
      try {
        return store
            .page(NAME, Optional.of(subject(stream, consumer)), after, limit, Content.ALL)
            .stream()
            .map(DeadLetterStream::letter)
            .toList();
      } catch (PersistenceException e) {
        if (e.error() == DataError.NOT_FOUND) {
          return List.of(); // no consumer has given up anything yet
        }
        throw e;
      }
    }

    private Optional<Stored> find(long sequence) {
      try {
        return store
            .page(NAME, Optional.of(subject(stream, consumer)), sequence - 1, 1, Content.ALL)
            .stream()
            .filter(found -> found.sequence() == sequence)
            .findFirst();
      } catch (PersistenceException e) {
        if (e.error() == DataError.NOT_FOUND) {
          return Optional.empty();
        }
        throw e;
      }
    }

    @Override
    public boolean replay(long sequence) {
      Optional<Stored> found = find(sequence);
      if (found.isEmpty()) {
        return false;
      }
      DeadLetter letter = letter(found.get());
      Map<String, String> headers = new HashMap<>(letter.headers());
      headers.put(Envelope.ID, letter.id());
      headers.put(Envelope.CONSUMER, consumer);
      Outgoing again =
          new Outgoing(
              stream,
              letter.subject(),
              Optional.of(letter.id() + "~" + sequence),
              headers,
              found.get().headers().containsKey(LEFT_OUT)
                  ? original(letter).body()
                  : letter.body());
      try {
        Published unused = store.publish(again).join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof PersistenceException failure) {
          throw failure;
        }
        throw e;
      }
      return remove(sequence);
    }

    /** The message itself, where it was too large to be kept with its reason. */
    private Stored original(DeadLetter letter) {
      return store
          .page(
              stream, Optional.of(letter.subject()), letter.originalSequence() - 1, 1, Content.ALL)
          .stream()
          .filter(found -> Envelope.idOf(stream, found).equals(letter.id()))
          .findFirst()
          .orElseThrow(
              () ->
                  new NonTransientPersistenceException(
                      DataError.NOT_FOUND,
                      "replay dead letter "
                          + letter.sequence()
                          + ": the message was too large to be kept here, and stream "
                          + stream
                          + " has removed it"));
    }

    @Override
    public boolean remove(long sequence) {
      return find(sequence).isPresent() && store.remove(NAME, sequence);
    }
  }
}
