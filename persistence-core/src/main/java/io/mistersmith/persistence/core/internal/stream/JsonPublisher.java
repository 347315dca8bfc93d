package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.stream.Streams.Publisher;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Publishes values to one stream. */
final class JsonPublisher<T> implements Publisher<T> {

  private final StreamStore store;
  private final MemoryStreams memory;
  private final String stream;
  private final JsonCodec<T> codec;

  JsonPublisher(StreamStore store, MemoryStreams memory, String stream, JsonCodec<T> codec) {
    this.store = store;
    this.memory = memory;
    this.stream = stream;
    this.codec = codec;
  }

  @Override
  public Published publish(String subject, T value) {
    return await(publishAsync(subject, Optional.empty(), Map.of(), value), subject);
  }

  @Override
  public Published publish(String subject, String id, T value) {
    return await(publishAsync(subject, Optional.of(id), Map.of(), value), subject);
  }

  @Override
  public CompletableFuture<Published> publishAsync(
      String subject, Optional<String> id, Map<String, String> headers, T value) {
    try {
      CompletableFuture<Published> published =
          store.publish(
              new Outgoing(
                  stream,
                  Envelope.subject(subject),
                  Envelope.id(id),
                  Envelope.headers(headers),
                  codec.encode(value)));
      var unused =
          published.exceptionally(
              failure -> {
                memory.lookAfter(Failures.cause(failure));
                return new Published(0, false);
              });
      return published;
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Waits for a future that ends by itself. */
  private Published await(CompletableFuture<Published> published, String subject) {
    try {
      return published.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.OUTCOME_UNKNOWN,
          "publish " + subject + " to stream " + stream + ": interrupted; it may be stored later",
          e);
    } catch (ExecutionException e) {
      if (Failures.cause(e) instanceof PersistenceException failure) {
        throw failure;
      }
      throw new IllegalStateException("publish " + subject + " to stream " + stream, e.getCause());
    }
  }
}
