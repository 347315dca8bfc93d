package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.session.Sessions.Opened;
import io.mistersmith.persistence.state.QueryCache;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The permissions that are a resource of the library: a runtime needs no others, and reaches
 * nothing of another prefix in the same account.
 */
class PermissionTemplateIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String OURS = "acme_";
  private static final String THEIRS = "globex_";

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void allThatTheLibraryDoesIsAllowed(String line) throws IOException {
    for (String prefix : List.of("", OURS)) {
      try (NatsServer server = start(line, PermissionTemplate.of(prefix))) {
        InMemoryStores durable = new InMemoryStores();
        // Twice: the second runtime finds all that the first one has created.
        for (int i = 0; i < 2; i++) {
          try (Persistence persistence = open(server, prefix, durable)) {
            useAll(persistence, line);
          }
        }
        assertThat(violations(server)).as("refused with the prefix '%s'", prefix).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void nothingOfAnotherPrefixIsReached(String line) {
    try (NatsServer server = start(line, PermissionTemplate.ofAll(OURS, THEIRS));
        Persistence theirs = open(server, THEIRS, new InMemoryStores());
        WirePublisher wire = connect(server)) {
      useAll(theirs, line);

      assertThat(wire.isRefused(OURS + "persistence.nudge.x")).as("its own").isFalse();
      for (String prefix : List.of(THEIRS, "")) {
        for (String subject : data(prefix)) {
          assertThat(wire.isRefused(subject)).as("publish to " + subject).isTrue();
        }
        for (String stream : streams(prefix)) {
          for (String subject : requests(stream)) {
            assertThat(wire.isRefused(subject)).as("publish to " + subject).isTrue();
          }
        }
        for (String subject :
            List.of(
                "_INBOX" + prefix + ".>",
                "$KV." + prefix + "AGENT_STATE.>",
                prefix + "agents.state.>",
                prefix + "persistence.nudge.*")) {
          assertThat(wire.isSubscriptionRefused(subject)).as("subscribe to " + subject).isTrue();
        }
      }
    }
  }

  /** A runtime deletes no stream with entries, and does not look which others there are. */
  @Test
  void noRuntimeActsAsAnOperator() {
    try (NatsServer server = start(NatsOptions.NEWEST, PermissionTemplate.of(OURS));
        WirePublisher wire = connect(server)) {
      for (String subject :
          List.of(
              "$JS.API.STREAM.NAMES",
              "$JS.API.STREAM.LIST",
              "$JS.API.STREAM.DELETE.KV_acme_AGENT_STATE",
              "$JS.API.STREAM.SNAPSHOT.KV_acme_AGENT_STATE",
              "$JS.API.STREAM.RESTORE.KV_acme_AGENT_STATE",
              "$JS.API.STREAM.MSG.DELETE.KV_acme_AGENT_STATE",
              "$JS.API.STREAM.PURGE.acme_AGENT_STATE",
              "$JS.API.STREAM.CREATE.acme_MORE",
              "$JS.API.ACCOUNT.PURGE.$G",
              "$SYS.REQ.SERVER.PING",
              "acme_orders.eu.81")) {
        assertThat(wire.isRefused(subject)).as(subject).isTrue();
      }
      assertThat(wire.isSubscriptionRefused(">")).isTrue();
      assertThat(wire.isSubscriptionRefused("$SYS.>")).isTrue();
    }
  }

  private static List<String> data(String prefix) {
    return List.of(
        "$KV." + prefix + "AGENT_STATE.0001.a._.k",
        "$KV." + prefix + "SESSION_DATA.0001.a._.k",
        "$KV." + prefix + "AGENT_CONFIG.0001.a._.k",
        "$KV." + prefix + "QUERY_CACHE.0001.a._.k",
        prefix + "agents.state.a",
        prefix + "tasks.created.t",
        prefix + "messages.direct.a",
        prefix + "persistence.nudge.AGENT_STATE",
        prefix + "persistence.progress.i.b",
        prefix + "persistence.wake.i.t",
        prefix + "persistence.dead.s.c",
        "_INBOX" + prefix + ".x",
        "$JS.ACK." + prefix + "TASK_EXECUTION.c.1.1.1.1.0");
  }

  private static List<String> streams(String prefix) {
    return List.of(
        "KV_" + prefix + "AGENT_STATE",
        "KV_" + prefix + "SESSION_DATA",
        prefix + "TASK_EXECUTION",
        prefix + "DEAD_LETTERS");
  }

  private static List<String> requests(String stream) {
    return List.of(
        "$JS.API.STREAM.INFO." + stream,
        "$JS.API.STREAM.CREATE." + stream,
        "$JS.API.STREAM.UPDATE." + stream,
        "$JS.API.STREAM.DELETE." + stream,
        "$JS.API.STREAM.PURGE." + stream,
        "$JS.API.STREAM.MSG.GET." + stream,
        "$JS.API.STREAM.MSG.DELETE." + stream,
        "$JS.API.STREAM.SNAPSHOT." + stream,
        "$JS.API.DIRECT.GET." + stream,
        "$JS.API.DIRECT.GET." + stream + ".a.b",
        "$JS.API.CONSUMER.CREATE." + stream,
        "$JS.API.CONSUMER.CREATE." + stream + ".c",
        "$JS.API.CONSUMER.CREATE." + stream + ".c.f",
        "$JS.API.CONSUMER.DURABLE.CREATE." + stream + ".c",
        "$JS.API.CONSUMER.INFO." + stream + ".c",
        "$JS.API.CONSUMER.NAMES." + stream,
        "$JS.API.CONSUMER.DELETE." + stream + ".c",
        "$JS.API.CONSUMER.MSG.NEXT." + stream + ".c");
  }

  /** Something of each kind that reaches NATS. */
  private static void useAll(Persistence persistence, String line) {
    AgentId agent = persistence.agents().save(Agent.of("test", "one")).value().id();
    useState(persistence, agent);
    if (line.equals(NatsOptions.NEWEST)) { // an older one has no atomic batches
      StateType<Integer> type = StateType.untyped(Integer.class);
      persistence
          .step()
          .save(type, StateKey.of(agent, "a"), 1)
          .save(type, StateKey.of(agent, "b"), 2)
          .commit();
    }
    Sessions sessions = persistence.sessions();
    Opened opened = sessions.open(NewSession.ofUser("ada"));
    assertThat(sessions.find(opened.token())).isPresent();
    assertThat(sessions.revoke(opened.session().id())).isTrue();
    QueryCache<Integer> cache = persistence.queries("count", Integer.class);
    assertThat(cache.find("p", () -> Optional.of(1))).contains(1);
    cache.invalidateAll();
    useStreams(persistence.streams());
    assertThat(persistence.operations().health().check().components()).isNotEmpty();
    forget(persistence, agent);
  }

  private static void forget(Persistence persistence, AgentId agent) {
    UUID task = persistence.tasks().enqueue(NewTask.of("job", Map.of()).createdBy(agent));
    persistence
        .streams()
        .publisher("AGENT_STATE", String.class)
        .publish("agents.state." + agent.uuid(), "changed");
    persistence
        .streams()
        .publisher("TASK_EXECUTION", String.class)
        .publish("tasks.created." + task, "created");
    assertThat(persistence.forgetting().forget(agent).removed())
        .containsEntry("streams of changes", 2L)
        .anySatisfy((place, removed) -> assertThat(place).startsWith("bucket ").endsWith("_STATE"));
  }

  private static void useState(Persistence persistence, AgentId agent) {
    StateRepository<Integer> states = persistence.states(Integer.class);
    AtomicInteger heard = new AtomicInteger();
    StateKey key = StateKey.of(agent, "k");
    try (StateRepository.Watch watch = states.watch(agent, event -> heard.incrementAndGet())) {
      assertThat(watch).isNotNull();
      states.save(key, 1);
      states.update(key, present -> present + 1);
      Awaitility.await().atMost(SOON).until(() -> heard.get() > 0);
    }
    assertThat(states.find(key)).isPresent();
    assertThat(states.keys(agent, "")).isNotEmpty();
    Log<String> log = persistence.log(agent, "steps", String.class);
    long version = log.append("one");
    log.awaitDurable(version, SOON);
    assertThat(log.tail(10)).isNotEmpty();
    states.delete(key);
  }

  private static void useStreams(Streams streams) {
    streams.apply(StreamPlan.agentState());
    streams.apply(StreamPlan.agentMessages());
    StreamPlan larger = StreamPlan.taskExecution().toBuilder().maxMessages(9_000_000).build();
    streams.apply(StreamPlan.taskExecution());
    streams.apply(larger);
    ConsumerPlan plan =
        ConsumerPlan.durable("TASK_EXECUTION", "packer")
            .filter("tasks.created.>")
            .maxDeliver(1)
            .build();
    streams.apply(plan);
    AtomicInteger handled = new AtomicInteger();
    StreamConsumer consumer =
        streams.consume(
            plan,
            String.class,
            Options.of(2),
            message -> {
              handled.incrementAndGet();
              if (message.value().equals("bad")) {
                throw new IllegalArgumentException("bad");
              }
            });
    streams.publisher("TASK_EXECUTION", String.class).publish("tasks.created.1", "good");
    streams.publisher("TASK_EXECUTION", String.class).publish("tasks.created.2", "bad");
    Awaitility.await()
        .atMost(SOON)
        .until(() -> !streams.deadLetters("TASK_EXECUTION", "packer").page(0, 10).isEmpty());
    assertThat(handled.get()).isGreaterThanOrEqualTo(2);
    streams
        .deadLetters("TASK_EXECUTION", "packer")
        .page(0, 10)
        .forEach(
            letter -> streams.deadLetters("TASK_EXECUTION", "packer").replay(letter.sequence()));
    consumer.close();
    assertThat(streams.deleteConsumer("TASK_EXECUTION", "packer")).isTrue();
  }

  private static NatsServer start(String line, String authorization) {
    return NatsServer.start(
        NatsOptions.defaults()
            .withLine(line)
            .withConfigLine("RUNTIME_PASSWORD: \"secret\"")
            .withConfigLine(authorization));
  }

  private static WirePublisher connect(NatsServer server) {
    return WirePublisher.connect(server, "_INBOX" + OURS + ".wire", OURS + "runtime", "secret");
  }

  private static Persistence open(NatsServer server, String prefix, InMemoryStores durable) {
    String url = server.url().replace("://", "://" + prefix + "runtime:secret@");
    PersistenceConfig config =
        PersistenceConfig.builder(
                NatsConfig.builder(url).namePrefix(prefix).build(),
                PostgresConfig.of("jdbc:postgresql://none.invalid/none", "nobody"))
            .build();
    return Persistence.open(config, NatsFixture.provider(durable));
  }

  /** What the server has refused: some messages are not waited for, so that nobody else notices. */
  private static List<String> violations(NatsServer server) throws IOException {
    Path log = server.storeDirectory().resolveSibling("server.log");
    assertThat(log).exists();
    return Files.readAllLines(log).stream().filter(text -> text.contains("Violation")).toList();
  }
}
