package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.PurgeResponse;
import io.nats.client.support.Encoding;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Removes messages of subjects by the purge API, which leaves no marker. */
final class Evictions {

  private static final int UNDER_WAY = 256;

  private final NatsLink link;
  private final BucketStream stream;
  private final String api;
  private final Window window;

  Evictions(NatsLink link, BucketStream stream) {
    this.link = link;
    this.stream = stream;
    this.api = "$JS.API.STREAM.PURGE." + stream.stream();
    this.window = new Window(UNDER_WAY, UNDER_WAY, link.requestTimeout());
  }

  CompletableFuture<Void> evict(String subject, long throughSequence) {
    return isPattern(subject)
        ? CompletableFuture.failedFuture(
            new NonTransientPersistenceException(
                DataError.INVALID_KEY,
                "evict "
                    + subject
                    + ": the server would take this subject for a pattern and remove other keys"
                    + " with it; it stays until the bucket is purged by hand"))
        : purge(subject, throughSequence);
  }

  /** The server stores what is published on a subject with wildcards, but removes by pattern. */
  private static boolean isPattern(String subject) {
    return subject.endsWith(".>") || (subject + ".").contains(".*.");
  }

  /**
   * Removes the beginning of the stream in one step where a single subject takes the server long:
   * nats-server 2.9.10 writes the whole block again that holds the message, 20 ms for each.
   */
  CompletableFuture<Void> evictAll(Map<String, Long> subjects, long through) {
    boolean inOneStep = through > 0 && !link.capabilities().quickEviction();
    List<CompletableFuture<Void>> sent = new ArrayList<>();
    if (inOneStep) {
      sent.add(purge("evict what is idle in bucket " + stream.bucket(), "", through));
    }
    subjects.forEach(
        (subject, sequence) -> {
          if (!inOneStep || sequence > through) {
            sent.add(evict(subject, sequence));
          }
        });
    return CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new));
  }

  CompletableFuture<Void> evictAgent(AgentId agent, long throughSequence) {
    return purge(stream.subjectPrefix() + KeyEncoding.filter(agent, ""), throughSequence);
  }

  private CompletableFuture<Void> purge(String filter, long throughSequence) {
    return purge(
        "evict " + filter, "\"filter\":\"" + Encoding.jsonEncode(filter) + "\",", throughSequence);
  }

  private CompletableFuture<Void> purge(String what, String condition, long throughSequence) {
    String request = "{" + condition + "\"seq\":" + (throughSequence + 1) + "}";
    CompletableFuture<Void> result = new CompletableFuture<>();
    try {
      link.connection();
      window.enter(1, () -> what);
    } catch (PersistenceException e) {
      result.completeExceptionally(e);
      return result;
    }
    CompletableFuture<Message> answer;
    try {
      answer =
          link.request(api, null, request.getBytes(StandardCharsets.UTF_8), link.requestTimeout());
    } catch (RuntimeException | Error e) {
      window.leave(1);
      result.completeExceptionally(link.failure(what, e));
      return result;
    }
    Replies.deliver(
        answer,
        message -> {
          Optional<PersistenceException> refusal = refusal(what, message);
          window.leave(1);
          if (refusal.isPresent()) {
            result.completeExceptionally(refusal.get());
          } else {
            result.complete(null);
          }
        },
        failure -> {
          window.leave(1);
          result.completeExceptionally(link.failure(what, failure));
        });
    return result;
  }

  private Optional<PersistenceException> refusal(String what, Message answer) {
    try {
      new PurgeResponse(answer).throwOnHasError();
      return Optional.empty();
    } catch (JetStreamApiException | RuntimeException e) {
      return Optional.of(link.failure(what, e));
    }
  }
}
