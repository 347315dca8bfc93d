package io.mistersmith.persistence.bench;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * The write-behind flush as one would write it by hand: fetch, coalesce, one unnest upsert and the
 * position in the same transaction. The bucket is configured as the library's, the table is the
 * library's, with its foreign key, checksum and triggers. It leaves out what makes the library's
 * safe: epochs, leases, dead letters, hydrations, gaps, lost connections.
 */
final class RawPipeline implements AutoCloseable {

  private static final String UPSERT =
      """
      INSERT INTO agents.state AS s
             (agent_id, state_key, state_value, epoch, version, checksum, created_at, updated_at)
      SELECT c.agent_id::uuid, c.state_key, c.state_value::jsonb, 1, c.version, c.checksum,
             c.written_at::timestamptz, c.written_at::timestamptz
        FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[])
          AS c (agent_id, state_key, state_value, version, checksum, written_at)
      ON CONFLICT (agent_id, state_key) DO UPDATE
         SET state_value = excluded.state_value, version = excluded.version,
             checksum = excluded.checksum, updated_at = excluded.updated_at
       WHERE s.version < excluded.version
      """;

  private static final String MOVE =
      "UPDATE bench.raw_position SET sequence = ? WHERE bucket = ? AND sequence = ?";

  private static final Duration WAIT = Duration.ofMillis(20);
  private static final int BATCH = 500;

  private final java.sql.Connection database;
  private final PreparedStatement upsert;
  private final PreparedStatement move;
  private final Connection connection;
  private final JetStreamSubscription messages;
  private final String bucket;
  private final int subjectPrefix;
  private final Thread thread = new Thread(this::run, "raw-flush");
  private final LongConsumer lagNanos;
  private final List<Instant> times = new ArrayList<>();
  private volatile boolean closed;
  private volatile long position;

  /** Makes a bucket as {@code like} is, and flushes it; tells the lag of each write. */
  RawPipeline(Site site, Connection connection, String bucket, String like, LongConsumer lagNanos)
      throws IOException, JetStreamApiException, SQLException {
    this.connection = connection;
    this.bucket = bucket;
    this.lagNanos = lagNanos;
    this.subjectPrefix = ("$KV." + bucket + ".").length();
    JetStreamManagement streams = connection.jetStreamManagement();
    streams.addStream(
        StreamConfiguration.builder(streams.getStreamInfo("KV_" + like).getConfiguration())
            .name("KV_" + bucket)
            .subjects("$KV." + bucket + ".>")
            .build());
    messages =
        connection
            .jetStream()
            .subscribe(
                "$KV." + bucket + ".>",
                PullSubscribeOptions.builder().stream("KV_" + bucket)
                    .configuration(
                        ConsumerConfiguration.builder().ackPolicy(AckPolicy.None).build())
                    .build());
    messages.setPendingLimits(-1, -1);
    database = site.postgres();
    try (java.sql.Statement statement = database.createStatement()) {
      statement.execute("CREATE SCHEMA IF NOT EXISTS bench");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS bench.raw_position (bucket TEXT PRIMARY KEY, sequence BIGINT)");
      statement.execute("INSERT INTO bench.raw_position VALUES ('" + bucket + "', 0)");
    }
    database.setAutoCommit(false);
    upsert = database.prepareStatement(UPSERT);
    move = database.prepareStatement(MOVE);
    thread.setDaemon(true);
    thread.start();
  }

  /** The last sequence that is committed. */
  long position() {
    return position;
  }

  private void run() {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      Map<String, Message> batch = new LinkedHashMap<>();
      while (!closed) {
        fetch(batch);
        if (!batch.isEmpty()) {
          write(batch, sha256);
          batch.clear();
        }
      }
    } catch (SQLException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void fetch(Map<String, Message> batch) {
    for (Message message : messages.fetch(BATCH, WAIT)) {
      times.add(message.metaData().timestamp().toInstant());
      batch.remove(message.getSubject());
      batch.put(message.getSubject(), message);
    }
  }

  private void write(Map<String, Message> batch, MessageDigest sha256) throws SQLException {
    int rows = batch.size();
    String[] agents = new String[rows];
    String[] keys = new String[rows];
    String[] values = new String[rows];
    Long[] versions = new Long[rows];
    String[] checksums = new String[rows];
    String[] written = new String[rows];
    int row = 0;
    long last = position;
    for (Message message : batch.values()) {
      String key = message.getSubject().substring(subjectPrefix);
      int owner = key.indexOf('.') + 1; // a shard is in front of it
      int dot = key.indexOf('.', owner);
      agents[row] = key.substring(owner, dot);
      keys[row] = key.substring(dot + 1);
      values[row] = new String(message.getData(), StandardCharsets.UTF_8);
      last = Math.max(last, message.metaData().streamSequence());
      versions[row] = message.metaData().streamSequence();
      checksums[row] = HexFormat.of().formatHex(sha256.digest(message.getData()));
      written[row] = Timestamp.from(message.metaData().timestamp().toInstant()).toString();
      row++;
    }
    move.setLong(1, last);
    move.setString(2, bucket);
    move.setLong(3, position);
    if (move.executeUpdate() != 1) {
      throw new SQLException("another reader moved the position");
    }
    String[][] columns = {agents, keys, values, null, checksums, written};
    for (int i = 0; i < columns.length; i++) {
      upsert.setArray(
          i + 1,
          columns[i] == null
              ? database.createArrayOf("int8", versions)
              : database.createArrayOf("text", columns[i]));
    }
    upsert.executeUpdate();
    database.commit();
    position = last;
    Instant now = Instant.now();
    for (Instant time : times) {
      lagNanos.accept(Duration.between(time, now).toNanos());
    }
    times.clear();
  }

  @Override
  public void close() throws SQLException {
    closed = true;
    try {
      thread.join(Duration.ofSeconds(5).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    messages.unsubscribe();
    database.close();
    Site.close(connection);
  }
}
