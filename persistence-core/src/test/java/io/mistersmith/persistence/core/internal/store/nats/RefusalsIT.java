package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The failures that callers get when a real server refuses requests that it accepted before. */
@Execution(ExecutionMode.CONCURRENT)
class RefusalsIT {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");
  private static final Duration AT_ONCE = Duration.ofSeconds(2);
  private static final String ALL = "publish: \">\", subscribe: \">\"";

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aRightToPublishThatIsTakenAway(String line) {
    try (NatsServer server = start(line, user(ALL));
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      write(bucket);
      reload(server, user("publish: {allow: \">\", deny: \"$KV.>\"}, subscribe: \">\""));
      for (Runnable write : writes(bucket)) {
        PersistenceException refused = refusedAtOnce(write);
        assertThat(refused.error()).isEqualTo(DataError.ACCESS_DENIED);
        assertThat(refused.isTransient()).isFalse();
        assertThat(refused).hasMessageContaining("agent").hasMessageContaining("$KV.AGENT_STATE.");
      }
      assertThat(bucket.reads().get(KEY, ReadFrom.LEADER))
          .as("other rights are still there")
          .isPresent();
      reload(server, user(ALL));
      write(bucket);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aRightToReadThatIsTakenAway(String line) {
    try (NatsServer server = start(line, user(ALL));
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      write(bucket);
      reload(server, user("publish: {allow: \">\", deny: \"$JS.API.>\"}, subscribe: \">\""));
      for (ReadFrom from : ReadFrom.values()) {
        PersistenceException refused = refusedAtOnce(() -> bucket.reads().get(KEY, from));
        assertThat(refused.error()).isEqualTo(DataError.ACCESS_DENIED);
      }
      write(bucket);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aRightToHearAnswersThatIsTakenAwayAndGivenBack(String line) {
    try (NatsServer server = start(line, user(ALL));
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      write(bucket);
      reload(server, user("publish: \">\", subscribe: {deny: \"_INBOX.>\"}"));
      for (Runnable write : writes(bucket)) {
        PersistenceException refused = refusedAtOnce(write);
        assertThat(refused.error()).isEqualTo(DataError.ACCESS_DENIED);
        assertThat(refused).hasMessageContaining("_INBOX");
      }
      reload(server, user(ALL));
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(catchThrowable(() -> write(bucket))).isNull());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aUserThatIsTakenAwayAndGivenBack(String line) {
    try (NatsServer server = start(line, user(ALL));
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      write(bucket);
      reload(server, "authorization { users: [ {user: other, password: other} ] }");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> {
                PersistenceException refused = refusedAtOnce(() -> write(bucket));
                assertThat(refused.error()).isEqualTo(DataError.ACCESS_DENIED);
                assertThat(refused).hasMessageContaining("Authorization Violation");
              });
      reload(server, user(ALL));
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(catchThrowable(() -> write(bucket))).isNull());
    }
  }

  @Test
  void aWatchOutlivesThatItsUserWasTakenAway() throws Exception {
    Agent agent = Agent.of("test", "tester");
    AtomicInteger heard = new AtomicInteger();
    try (NatsServer server = start(NatsOptions.NEWEST, user(ALL));
        Persistence persistence =
            Persistence.open(config(server), new NatsFixture(server).provider())) {
      persistence.agents().save(agent);
      StateRepository<Integer> states = persistence.states(Integer.class);
      try (StateRepository.Watch watch =
          states.watch(agent.id(), event -> heard.incrementAndGet())) {
        states.save(StateKey.of(agent.id(), "k"), 1);
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> heard.get() > 0);
        reload(server, "authorization { users: [ {user: other, password: other} ] }");
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () ->
                    catchThrowable(() -> states.save(StateKey.of(agent.id(), "k"), 2))
                            instanceof PersistenceException refused
                        && refused.error() == DataError.ACCESS_DENIED);
        reload(server, user(ALL));
        int before = heard.get();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptions()
            .until(
                () -> {
                  states.save(StateKey.of(agent.id(), "k"), 3);
                  return heard.get() > before;
                });
        assertThat(watch).isNotNull();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aServerWithAsManyConnectionsAsItTakes(String line) {
    try (NatsServer server = start(line, "max_connections: 1");
        NatsStore store = connectedAfterItsStarter(server)) {
      write(store.bucket(Bucket.AGENT_STATE));
      PersistenceException refused =
          catchThrowableOfType(
              PersistenceException.class,
              () -> NatsFixture.connect(NatsFixture.config(server, "").build()).close());
      assertThat(refused.isTransient()).isTrue();
      assertThat(refused.getMessage()).containsIgnoringCase("maximum connections exceeded");
    }
  }

  /** The server may still count the connection by which its starter saw that it answers. */
  private static NatsStore connectedAfterItsStarter(NatsServer server) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
        .until(() -> NatsFixture.connect(NatsFixture.config(server, "").build()), store -> true);
  }

  @Test
  void aServerThatAcceptsEncryptedConnectionsOnly(@TempDir Path directory) throws Exception {
    SelfSigned certificate = SelfSigned.in(directory);
    String tls = "tls { cert_file: \"%s\", key_file: \"%s\" }";
    try (NatsServer server =
        start(NatsOptions.NEWEST, tls.formatted(certificate.chain(), certificate.key()))) {
      PersistenceException refused =
          catchThrowableOfType(
              PersistenceException.class,
              () -> NatsFixture.connect(NatsFixture.config(server, "").build()).close());
      assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
      assertThat(refused.isTransient()).isFalse();
      assertThat(refused).hasMessageContaining("tls://");
    }
  }

  @Test
  void nobodyListens() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    PersistenceException refused =
        catchThrowableOfType(
            PersistenceException.class,
            () ->
                NatsFixture.connect(
                        config.toBuilder().nats(NatsConfig.of("nats://127.0.0.1:1")).build())
                    .close());
    assertThat(refused.error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(refused).hasMessageContaining("no server answers");
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aBucketThatWasChangedUnderItsWriters(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        RawNats raw = RawNats.connect(server);
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build())) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      write(bucket);
      raw.update("KV_AGENT_STATE", stream -> stream.maximumMessageSize(16));
      assertThat(refusedAtOnce(() -> write(bucket, 100)).error())
          .isEqualTo(DataError.VALUE_TOO_LARGE);
      raw.update("KV_AGENT_STATE", stream -> stream.maximumMessageSize(-1).maxBytes(64));
      PersistenceException full = refusedAtOnce(() -> write(bucket, 100));
      assertThat(full.error()).isEqualTo(DataError.STORE_FULL);
      assertThat(full.isTransient()).isFalse();
      raw.update("KV_AGENT_STATE", stream -> stream.maxBytes(-1).seal());
      for (Runnable write : writes(bucket)) {
        PersistenceException sealed = refusedAtOnce(write);
        assertThat(sealed.error()).isEqualTo(DataError.MISCONFIGURED);
        assertThat(sealed).hasMessageContaining("10109").hasMessageContaining("sealed");
      }
    }
  }

  /** As where the disk is full: nats-server answers nothing then, and this bucket neither. */
  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aServerThatAnswersAndStoresNothing(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        RawNats raw = RawNats.connect(server);
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build())) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      raw.update("KV_AGENT_STATE", stream -> stream.noAck(true));
      PersistenceException silent =
          catchThrowableOfType(PersistenceException.class, () -> write(bucket));
      assertThat(silent.error()).isEqualTo(DataError.OUTCOME_UNKNOWN);
      assertThat(silent)
          .hasMessageContaining("no answer in time")
          .hasMessageContaining("no space left");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void anAccountThatLosesItsJetStream(String line) {
    String account = "accounts { APP { jetstream: %s, users: [ {user: app, password: app} ] } }";
    try (NatsServer server = start(line, account.formatted("enabled"));
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      write(bucket);
      reload(server, account.formatted("disabled"));
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> {
                PersistenceException refused = refusedAtOnce(() -> write(bucket));
                assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
                assertThat(refused).hasMessageContaining("10039");
              });
    }
  }

  private static List<Runnable> writes(HotBucket bucket) {
    return List.of(
        () -> write(bucket),
        () -> publishAsync(bucket, EntryMetadata.NONE, HotWrites.ANY),
        () ->
            publishAsync(
                bucket,
                new EntryMetadata(Optional.empty(), Optional.empty(), Optional.of("write-id")),
                1));
  }

  private static void publishAsync(HotBucket bucket, EntryMetadata metadata, long expected) {
    bucket.writes().publishAsync(KEY, Operation.PUT, new byte[1], metadata, expected).join();
  }

  private static void write(HotBucket bucket) {
    write(bucket, 1);
  }

  private static void write(HotBucket bucket, int bytes) {
    assertThat(
            bucket
                .writes()
                .publish(KEY, Operation.PUT, new byte[bytes], EntryMetadata.NONE, HotWrites.ANY))
        .isPositive();
  }

  private static PersistenceException refusedAtOnce(Runnable call) {
    long start = System.nanoTime();
    Throwable failure = catchThrowable(call::run);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(AT_ONCE);
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    assertThat(cause).isInstanceOf(PersistenceException.class);
    return (PersistenceException) cause;
  }

  private static String user(String permissions) {
    return "authorization { users: [ {user: app, password: app, permissions: {%s}} ] }"
        .formatted(permissions);
  }

  private static NatsServer start(String line, String configuration) {
    return NatsServer.start(options(line).withConfigLine(configuration));
  }

  private static NatsOptions options(String line) {
    return NatsOptions.defaults().withLine(line);
  }

  private static NatsStore connect(NatsServer server) {
    return NatsFixture.connect(config(server));
  }

  private static PersistenceConfig config(NatsServer server) {
    URI url = URI.create(server.url());
    return PersistenceConfig.inMemory()
        .nats(NatsConfig.of("nats://app:app@" + url.getHost() + ":" + url.getPort()))
        .build();
  }

  private static void reload(NatsServer server, String configuration) {
    String line = server.version().startsWith("2.9.") ? NatsOptions.OLDEST : NatsOptions.NEWEST;
    server.reload(options(line).withConfigLine(configuration));
  }
}
