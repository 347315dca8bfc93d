package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** A plain connection of jnats, with which a foreign program can change a bucket. */
final class RawNats implements AutoCloseable {

  private final Connection connection;

  private RawNats(Connection connection) {
    this.connection = connection;
  }

  static RawNats connect(NatsServer server) {
    try {
      return new RawNats(Nats.connect(server.url()));
    } catch (IOException e) {
      throw new IllegalStateException("Could not connect", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
  }

  void publish(String subject, byte[] value) {
    call(() -> connection.jetStream().publish(subject, value));
  }

  /** Sends a message and returns the bytes of the answer. */
  byte[] request(String subject, Headers headers, byte[] body) {
    return connection
        .requestWithTimeout(subject, headers, body, Duration.ofSeconds(10))
        .join()
        .getData();
  }

  JetStreamManagement streams() {
    return call(connection::jetStreamManagement);
  }

  void update(String stream, UnaryOperator<StreamConfiguration.Builder> change) {
    StreamConfiguration present = call(() -> streams().getStreamInfo(stream)).getConfiguration();
    call(() -> streams().updateStream(change.apply(StreamConfiguration.builder(present)).build()));
  }

  void deleteStream(String name) {
    call(() -> streams().deleteStream(name));
  }

  void deleteStreamsThatStartWith(String prefix) {
    for (String name : call(() -> streams().getStreamNames())) {
      if (name.startsWith(prefix)) {
        deleteStream(name);
      }
    }
  }

  interface Call<T> {
    T run() throws IOException, JetStreamApiException;
  }

  static <T> T call(Call<T> call) {
    try {
      return call.run();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
