package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.stream.Streams.Published;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamInfo;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Publishes messages of streams, a bounded number at a time. Thread-safe. */
final class StreamPublishes {

  private final NatsLink link;
  private final StreamNames names;
  private final Window window;

  StreamPublishes(NatsLink link, StreamNames names, Window window) {
    this.link = link;
    this.names = names;
    this.window = window;
  }

  CompletableFuture<Published> publish(Outgoing message, StreamOwner owner) {
    String stream = names.stream(message.stream());
    String what = "publish " + message.subject() + " to stream " + stream;
    String subject = names.subject(message.subject());
    int bytes = message.body().length;
    CompletableFuture<Published> result = new CompletableFuture<>();
    CompletableFuture<Message> acknowledgement;
    try {
      owner.requireOwnHere();
      link.connection();
      window.enter(bytes, () -> what);
    } catch (PersistenceException e) {
      result.completeExceptionally(e);
      return result;
    }
    try {
      Headers headers = StreamMessages.headers(message, stream);
      acknowledgement = link.request(subject, headers, message.body(), link.requestTimeout());
    } catch (RuntimeException | Error e) {
      window.leave(bytes);
      result.completeExceptionally(StreamFailures.of(link, what, stream, e));
      return result;
    }
    Consumer<PersistenceException> fail =
        failure -> {
          window.leave(bytes);
          result.completeExceptionally(failure);
        };
    Replies.deliver(
        acknowledgement,
        answer -> {
          Published published;
          try {
            PublishAck stored = new PublishAck(answer);
            published = new Published(stored.getSeqno(), stored.isDuplicate());
          } catch (IOException | JetStreamApiException | RuntimeException e) {
            explain(what, stream, subject, e, fail);
            return;
          }
          window.leave(bytes);
          result.complete(published);
        },
        cause -> explain(what, stream, subject, cause, fail));
    return result;
  }

  /** When nobody answered, the stream may be missing, or its server be starting. */
  private void explain(
      String what,
      String stream,
      String subject,
      Throwable cause,
      Consumer<PersistenceException> fail) {
    PersistenceException failure = StreamFailures.of(link, what, stream, cause);
    if (NatsFailures.isUnacknowledged(failure)) {
      fail.accept(StreamFailures.unknown(what, failure));
    } else if (failure.error() != DataError.UNAVAILABLE) {
      fail.accept(failure);
    } else {
      Replies.deliver(
          link.request(
              "$JS.API.STREAM.INFO." + stream, null, Entries.NO_VALUE, link.requestTimeout()),
          answer -> {
            StreamInfo info = new StreamInfo(answer);
            if (info.hasError()) {
              fail.accept(
                  info.getApiErrorCode() == NatsFailures.STREAM_NOT_FOUND
                      ? StreamFailures.missing(what, stream, cause)
                      : failure);
              return;
            }
            boolean takes =
                info.getConfiguration().getSubjects().stream()
                    .anyMatch(filter -> StreamNames.matches(filter, subject));
            fail.accept(takes ? failure : StreamFailures.otherSubject(what, stream, cause));
          },
          unknown -> fail.accept(failure));
    }
  }
}
