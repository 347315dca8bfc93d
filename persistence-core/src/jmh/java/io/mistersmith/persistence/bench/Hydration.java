package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Message;
import io.nats.client.PurgeOptions;
import io.nats.client.Subscription;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** 1,000 keys of one agent at once: brought back into KV, and read where they are there. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class Hydration {

  private static final int KEYS = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final String SELECT =
      """
      SELECT state_key, state_value::text, epoch, version FROM agents.state
       WHERE agent_id = ?::uuid AND deleted_at IS NULL
      """;

  /** Raw and ours take turns from round to round. */
  @Param("0")
  public int round;

  /** The implementation that does the work. */
  @Param({"RAW", "OURS"})
  public Side side = Side.RAW;

  private final Agent agent = Opened.get("hydration", Agent::new);

  /** Hydration needs the entries to be absent from KV, reads need them to be there. */
  @State(Scope.Benchmark)
  public static class Evicted {

    /** Takes the agent's entries out of KV, as the library does with idle ones. */
    @Setup(Level.Invocation)
    public void evict() throws IOException, JetStreamApiException {
      Agent agent = Opened.get("hydration", Agent::new);
      agent.evict();
    }
  }

  /** Everything is in KV. */
  @State(Scope.Benchmark)
  public static class Present {

    /** Brings it there. */
    @Setup(Level.Invocation)
    public void hydrate() {
      Agent agent = Opened.get("hydration", Agent::new);
      int brought = agent.bench.persistence.lifecycle().hydrate(agent.id).brought();
      if (brought > KEYS) {
        throw new IllegalStateException(brought + " keys hydrated");
      }
    }
  }

  /** From PostgreSQL into KV, where nothing newer is. */
  @Benchmark
  public int hydrate(Evicted evicted) throws SQLException, IOException {
    int brought =
        side == Side.RAW
            ? agent.hydrateRaw()
            : agent.bench.persistence.lifecycle().hydrate(agent.id).brought();
    return all(brought);
  }

  /** From KV, as bytes or as records. */
  @Benchmark
  public int read(Present present) throws InterruptedException {
    return all(
        side == Side.RAW
            ? agent.readRaw()
            : (int)
                agent.bench.states.findAll(agent.keys).values().stream()
                    .filter(row -> row.orElseThrow().isPresent())
                    .count());
  }

  private static int all(int keys) {
    if (keys != KEYS) {
      throw new IllegalStateException(keys + " instead of " + KEYS + " keys");
    }
    return keys;
  }

  private static final class Agent implements AutoCloseable {
    private final Workbench bench =
        Workbench.of("uncached", config -> config.cache(CacheConfig.off()));
    private final String stream = "KV_" + bench.bucket.getBucketName();
    private final String prefix = "$KV." + bench.bucket.getBucketName() + ".";
    private final List<StateKey> keys = Workbench.keys(bench.persistence, 1, KEYS);
    private final AgentId id = keys.get(0).agent();
    private final String tail = "%04d.%s.".formatted(id.shard(), id);
    private final java.sql.Connection database;
    private final PreparedStatement select;
    private final JetStreamManagement streams;
    private final byte[] multiLast;

    Agent() throws IOException, SQLException {
      keys.forEach(key -> bench.states.save(key, bench.value));
      bench.settle();
      database = Site.present().postgres();
      select = database.prepareStatement(SELECT);
      streams = bench.connection.jetStreamManagement();
      multiLast =
          keys.stream()
              .map(key -> '"' + prefix + Workbench.plain(key) + '"')
              .collect(Collectors.joining(",", "{\"multi_last\":[", "]}"))
              .getBytes(StandardCharsets.UTF_8);
    }

    void evict() throws IOException, JetStreamApiException {
      bench.settle();
      long purged =
          streams
              .purgeStream(stream, PurgeOptions.builder().subject(prefix + tail + ">").build())
              .getPurged();
      if (purged < KEYS) {
        throw new IllegalStateException("only " + purged + " messages were purged");
      }
    }

    int hydrateRaw() throws SQLException, IOException {
      List<CompletableFuture<PublishAck>> published = new ArrayList<>(KEYS);
      select.setString(1, id.name());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Headers headers = new Headers();
          headers.put("Nats-Expected-Last-Subject-Sequence", "0");
          headers.put("Persistence-Revision", row.getLong(3) + "-" + row.getLong(4));
          published.add(
              bench.jetStream.publishAsync(
                  prefix + tail + row.getString(1),
                  headers,
                  row.getString(2).getBytes(StandardCharsets.UTF_8)));
        }
      }
      published.forEach(CompletableFuture::join);
      return published.size();
    }

    int readRaw() throws InterruptedException {
      Connection connection = bench.connection;
      String inbox = connection.createInbox();
      Subscription answers = connection.subscribe(inbox);
      answers.setPendingLimits(-1, -1);
      connection.publish("$JS.API.DIRECT.GET." + stream, inbox, multiLast);
      byte[][] values = new byte[KEYS][];
      int read = 0;
      Message answer = answers.nextMessage(PATIENCE);
      while (answer != null && !answer.isStatusMessage()) {
        values[read++] = answer.getData();
        answer = answers.nextMessage(PATIENCE);
      }
      answers.unsubscribe();
      return (int) Arrays.stream(values).filter(value -> value != null).count();
    }

    @Override
    public void close() throws SQLException {
      database.close();
    }
  }
}
