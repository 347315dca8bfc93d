package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamOptions;
import io.nats.client.Message;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.SuccessApiResponse;
import io.nats.client.impl.Headers;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the server's own interface that may take long, over one connection: what one call begins
 * on it, the next ones go on with.
 */
record StreamApi(NatsLink link, Connection connection) {

  /** How long a call may take that only looks or begins something. */
  static final Duration BRIEF = Duration.ofSeconds(30);

  private static final String PREFIX = "$JS.API.STREAM.";

  /** Returns the calls over the present connection. */
  static StreamApi over(NatsLink link) {
    return new StreamApi(link, link.connection());
  }

  /** Returns what the server knows of a stream; empty when it does not exist. */
  Optional<StreamInfo> find(String stream) {
    try {
      return Optional.of(
          connection
              .jetStreamManagement(JetStreamOptions.builder().requestTimeout(BRIEF).build())
              .getStreamInfo(stream));
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      if (NatsFailures.isStreamMissing(e)) {
        return Optional.empty();
      }
      throw link.failure("look at stream " + stream, e);
    }
  }

  /**
   * Returns the answer to a call.
   *
   * @param call the call and the stream, such as {@code DELETE.KV_B}
   */
  JsonValue ask(String what, String call, String body) {
    return parse(what, send(what, PREFIX + call, null, body.getBytes(UTF_8), BRIEF));
  }

  /** Sends a message and returns its answer, whatever it says. */
  Message send(
      String what, String subject, @Nullable Headers headers, byte[] body, Duration patience) {
    return await(what, request(what, subject, headers, body, patience), patience);
  }

  /** Sends a message; the bytes must not change until the answer is there. */
  CompletableFuture<Message> request(
      String what, String subject, @Nullable Headers headers, byte[] body, Duration patience) {
    try {
      return connection.requestWithTimeout(subject, headers, body, patience);
    } catch (IllegalStateException | IllegalArgumentException e) {
      throw link.failure(what, e);
    }
  }

  /** Waits for an answer. */
  Message await(String what, CompletableFuture<Message> answer, Duration patience) {
    try {
      return answer.get(patience.toMillis() + 1_000, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what, "interrupted", e);
    } catch (ExecutionException | TimeoutException | CancellationException e) {
      throw link.failure(what, e);
    }
  }

  /** Reads an answer, and fails as it says. */
  JsonValue parse(String what, Message answer) {
    try {
      new SuccessApiResponse(answer).throwOnHasError();
      return JsonParser.parse(answer.getData());
    } catch (JsonParseException | JetStreamApiException e) {
      throw link.failure(what, e);
    }
  }
}
