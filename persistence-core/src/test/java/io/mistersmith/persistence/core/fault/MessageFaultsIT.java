package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Channel.Kind;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Receivers and PostgreSQL are killed with SIGKILL between the delivery of messages and their
 * acknowledgement: what was not acknowledged is delivered again, and what was acknowledged is not.
 */
@Tag("fault")
@Tag("logs")
class MessageFaultsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration LEASE = Duration.ofMinutes(5);
  private static final int MESSAGES = 16;

  @TempDir private Path directory;

  private final List<ChildJvm> children = new ArrayList<>();

  @AfterEach
  void stopChildren() {
    children.forEach(ChildJvm::close);
  }

  private ChildJvm start(Installation installation, AgentId agent) throws IOException {
    ChildJvm child =
        ChildJvm.start(
            MessageReceiverProcess.class,
            installation.asArguments(List.of(agent.toString())),
            Map.of(),
            directory.resolve("child.log"));
    children.add(child);
    assertThat(child.stdout().readLine()).as("first line of a receiver").isEqualTo("ready");
    return child;
  }

  private static String read(ChildJvm child) throws IOException {
    return String.valueOf(child.stdout().readLine());
  }

  @Test
  void aKilledReceiverKeepsOnlyWhatItAcknowledged() throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open()) {
        AgentId agent = installation.register(persistence, 1).get(0);
        MessageLog messages = persistence.messages();
        List<Message.Id> ids = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
          ids.add(messages.append(Draft.of(Message.Type.COMMAND, i).to(agent).build()));
        }
        Set<String> delivered = new HashSet<>();
        Set<String> acknowledged = new HashSet<>();
        ChildJvm receiver = start(installation, agent);
        receiver.stdin().println("half");
        for (String line = read(receiver); !line.equals("done"); line = read(receiver)) {
          String[] part = line.substring(0, line.length() - 1).split(" ", 3);
          (part[0].equals("d") ? delivered : acknowledged).add(part[1]);
        }
        receiver.kill();
        assertThat(delivered).hasSizeGreaterThan(acknowledged.size());
        servers.postgres().kill();
        servers.postgres().restart();

        Map<String, Delivery> again = new HashMap<>();
        await()
            .atMost(PATIENCE)
            .ignoreExceptionsInstanceOf(PersistenceException.class)
            .until(
                () -> {
                  messages
                      .receive(agent, MESSAGES, LEASE)
                      .forEach(one -> again.put(one.message().id().uuid().toString(), one));
                  return again.size() >= MESSAGES - acknowledged.size();
                });
        assertThat(again.keySet()).as("acknowledged").doesNotContainAnyElementsOf(acknowledged);
        again.forEach(
            (uuid, one) ->
                assertThat(one.attempt())
                    .as("attempts of %s", uuid)
                    .isEqualTo(delivered.contains(uuid) ? 2 : 1));
        assertThat(messages.acknowledgeAll(again.values())).isEqualTo(again.size());
        assertThat(messages.receive(agent, MESSAGES, LEASE)).isEmpty();
        assertThat(ids)
            .allMatch(id -> messages.find(id).orElseThrow().marks().processedAt().isPresent());
        servers.report(
            "MessageFaults RECEIVER",
            "messages=%d acknowledged_before=%d again=%d lost=0 twice=0"
                .formatted(MESSAGES, acknowledged.size(), again.size()));
      }
    }
  }

  @Test
  void aQueueUnderKillsIsAcknowledgedOnceAndLosesNothing() throws Exception {
    int kills = Repetitions.of(12, 2);
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      BlockingQueue<String> lines = ChildLines.queue();
      Set<String> sent = new HashSet<>();
      try (Persistence persistence = installation.open()) {
        List<AgentId> agents = installation.register(persistence, 2);
        MessageLog messages = persistence.messages();
        messages.save(Channel.of("jobs", Kind.QUEUE));
        agents.forEach(agent -> messages.subscribe(Subscription.of(agent, "jobs")));
        ChildJvm[] receivers = {
          start(installation, agents.get(0)), start(installation, agents.get(1))
        };
        List<ChildLines> outputs = new ArrayList<>();
        for (ChildJvm receiver : receivers) {
          outputs.add(ChildLines.read(receiver, lines::add));
          receiver.stdin().println("all");
        }
        for (int kill = 0; kill < kills; kill++) {
          int before = lines.size();
          sent.addAll(append(messages, 80));
          await().atMost(PATIENCE).until(() -> lines.size() > before + 5);
          int which = kill % 2;
          receivers[which].kill();
          if (kill % 4 == 1) {
            servers.postgres().kill();
            servers.postgres().restart();
          }
          receivers[which] = start(installation, agents.get(which));
          outputs.add(ChildLines.read(receivers[which], lines::add));
          receivers[which].stdin().println("all");
        }
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    installation
                        .query("SELECT 1 FROM messages.deliveries WHERE processed_at IS NULL")
                        .isEmpty());
        for (ChildJvm receiver : receivers) {
          receiver.stdin().println("stop");
          assertThat(receiver.awaitExit(PATIENCE)).as("exit of a receiver").hasValue(0);
        }
        outputs.forEach(ChildLines::awaitEnd);
      }
      verify(servers, installation, sent, List.copyOf(lines), kills);
    }
  }

  /** Appends until it is certain that the messages are there. */
  private static Set<String> append(MessageLog messages, int count) {
    List<Message.Id> ids = new ArrayList<>();
    List<Draft> drafts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Message.Id id = Message.Id.at(Instant.now());
      ids.add(id);
      drafts.add(Draft.of(Message.Type.COMMAND, "job").channel("jobs").id(id).build());
    }
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(PersistenceException.class)
        .until(() -> messages.appendAll(drafts).equals(ids));
    return ids.stream().map(id -> id.uuid().toString()).collect(Collectors.toSet());
  }

  private static void verify(
      FaultServers servers,
      Installation installation,
      Set<String> sent,
      List<String> lines,
      int kills) {
    Map<String, AtomicInteger> acknowledged = new HashMap<>();
    int deliveries = 0;
    for (String line : lines) {
      if (line.startsWith("a ") && line.endsWith(";")) {
        String uuid = line.substring(2, line.length() - 1);
        acknowledged.computeIfAbsent(uuid, same -> new AtomicInteger()).incrementAndGet();
      }
      deliveries += line.startsWith("d ") ? 1 : 0;
    }
    assertThat(acknowledged.values())
        .as("acknowledgements of a message")
        .allMatch(n -> n.get() == 1);
    assertThat(sent).containsAll(acknowledged.keySet());
    assertThat(
            new HashSet<>(
                installation.query(
                    "SELECT message_id FROM messages.log WHERE processed_at IS NOT NULL"
                        + " AND pending_deliveries = 0")))
        .as("messages that were processed")
        .isEqualTo(sent);
    assertThat(installation.query("SELECT count(*) FROM messages.log"))
        .containsExactly(String.valueOf(sent.size()));
    servers.report(
        "MessageFaults QUEUE",
        "kills=%d messages=%d deliveries=%d acknowledged=%d lost=0 twice=0"
            .formatted(kills, sent.size(), deliveries, acknowledged.size()));
  }
}
