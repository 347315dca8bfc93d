package io.mistersmith.persistence.examples.quickstart;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Channel.Kind;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * What the agents tell of their runs: a message for each step, through a topic to which one agent
 * listens. Its id follows from the agent and the step, so that a step which is replayed again sends
 * no second one. What a killed writer had received and not acknowledged is delivered again.
 */
final class RunMessages implements AutoCloseable {

  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final Duration STOP = Duration.ofSeconds(30);
  private static final int BATCH = 100;
  private static final String PROCESSED =
      """
      SELECT message_id, payload::text
      FROM messages.log
      WHERE from_agent_id = ?::uuid AND processed_at IS NOT NULL
      """;

  private final MessageLog messages;
  private final WriterSettings settings;
  private final AgentId listener;
  private final String channel;
  private final Thread receiver = new Thread(this::listen, "quickstart-listener");
  private volatile boolean open = true;

  private RunMessages(MessageLog messages, WriterSettings settings) {
    this.messages = messages;
    this.settings = settings;
    this.listener = AgentId.of(uuid(settings.replay() + "/listener"));
    this.channel = "quickstart-" + settings.replay();
    receiver.setDaemon(true);
  }

  /** Begins to listen. */
  static RunMessages open(Persistence persistence, WriterSettings settings) {
    RunMessages opened = new RunMessages(persistence.messages(), settings);
    persistence.agents().save(Agent.of(opened.listener, "quickstart", "listener"));
    opened.messages.save(Channel.of(opened.channel, Kind.TOPIC));
    opened.messages.subscribe(
        Subscription.of(opened.listener, opened.channel).withPattern("step.>"));
    opened.receiver.start();
    return opened;
  }

  /** Sends the message of a step. */
  Message.Id send(RecordedRun run, AgentId agent, int step) {
    return messages.append(
        Draft.of(Message.Type.NOTIFICATION, run.steps().get(step))
            .from(agent)
            .channel(channel)
            .subject("step." + step)
            .id(id(settings, agent, step))
            .build());
  }

  private static Message.Id id(WriterSettings settings, AgentId agent, int step) {
    return new Message.Id(uuid(agent + "/" + step), Instant.ofEpochMilli(settings.began()));
  }

  private static UUID uuid(String text) {
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  private void listen() {
    while (open) {
      try {
        if (receive() == 0) {
          LockSupport.parkNanos(PAUSE.toNanos());
        }
      } catch (TransientPersistenceException e) {
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private int receive() {
    List<Delivery> deliveries = messages.receive(listener, BATCH, LEASE);
    return messages.acknowledgeAll(deliveries);
  }

  /** Receives what is left, and ends. */
  @Override
  public void close() {
    open = false;
    try {
      receiver.join(STOP.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    int received;
    do {
      received = receive();
    } while (received > 0);
  }

  /** Compares the messages that plain SQL finds, and that were processed, with the recording. */
  static Verification verify(List<RecordedRun> runs, Ledger ledger, WriterSettings settings)
      throws SQLException, IOException {
    return Verification.ofSteps(
        runs,
        ledger,
        settings,
        PROCESSED,
        (agent, step) -> id(settings, agent, step).uuid().toString());
  }
}
