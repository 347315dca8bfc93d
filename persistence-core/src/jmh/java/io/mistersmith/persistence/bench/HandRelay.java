package io.mistersmith.persistence.bench;

import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A relay as one writes it by hand: rows of a plain table by their ids, published many at a time
 * with the id for de-duplication, and deleted when all are acknowledged. It loses changes that
 * commit late, and does not keep the order of a key after a failure.
 */
final class HandRelay implements AutoCloseable {

  private static final int BATCH = 2_000;

  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS bench_outbox (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject TEXT NOT NULL,
        payload TEXT NOT NULL)
      """;

  private static final String READ =
      "SELECT id, subject, payload FROM bench_outbox WHERE id > ? ORDER BY id LIMIT " + BATCH;

  private final Connection postgres;
  private final io.nats.client.Connection nats;
  private final JetStream stream;

  HandRelay(Site site, String name) throws SQLException {
    postgres = site.postgres();
    nats = site.nats();
    try (Statement statement = postgres.createStatement()) {
      statement.execute(TABLE);
    }
    try {
      var unused =
          nats.jetStreamManagement()
              .addStream(
                  StreamConfiguration.builder()
                      .name(name)
                      .subjects(name + ".>")
                      .duplicateWindow(Duration.ofMinutes(5))
                      .build());
      stream = nats.jetStream();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
    postgres.setAutoCommit(false);
  }

  /** Puts the same changes into the table that the outbox has. */
  void fill(String insert) throws SQLException {
    try (Statement statement = postgres.createStatement()) {
      int unused = statement.executeUpdate("INSERT INTO bench_outbox (subject, payload) " + insert);
    }
    postgres.commit();
  }

  /** Publishes all; returns how many. */
  int drain() throws SQLException, IOException {
    int count = 0;
    long last = 0;
    int some;
    do {
      some = 0;
      List<CompletableFuture<PublishAck>> answers = new ArrayList<>();
      try (PreparedStatement read = postgres.prepareStatement(READ)) {
        read.setLong(1, last);
        try (ResultSet row = read.executeQuery()) {
          while (row.next()) {
            last = row.getLong(1);
            answers.add(
                stream.publishAsync(
                    NatsMessage.builder()
                        .subject(row.getString(2))
                        .headers(new Headers().put("Nats-Msg-Id", Long.toString(last)))
                        .data(row.getString(3).getBytes(StandardCharsets.UTF_8))
                        .build()));
            some++;
          }
        }
      }
      answers.forEach(CompletableFuture::join);
      try (PreparedStatement delete =
          postgres.prepareStatement("DELETE FROM bench_outbox WHERE id <= ?")) {
        delete.setLong(1, last);
        int unused = delete.executeUpdate();
      }
      postgres.commit();
      count += some;
    } while (some > 0);
    return count;
  }

  @Override
  public void close() throws SQLException {
    Site.close(nats);
    postgres.close();
  }
}
