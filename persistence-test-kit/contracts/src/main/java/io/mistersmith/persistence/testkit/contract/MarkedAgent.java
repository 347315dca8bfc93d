package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.task.NewTask;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * An agent whose data holds a marker, which is looked for after the agent was forgotten. It writes
 * through each part of the API that has data of agents.
 */
public final class MarkedAgent {

  /** The kind of entries of the agent that are kept in KV alone. */
  public static final StateType<String> FLEETING =
      StateType.of("fleeting", String.class).in(DataType.SESSION_DATA);

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Embedding.Model MODEL = new Embedding.Model("marked", "1");

  private final Persistence runtime;
  private final String marker;
  private final AgentId id;
  private final UUID task;
  private final UUID fact;
  private final UUID saga;
  private final Message.Id message;
  private final String token;

  private MarkedAgent(Persistence runtime, String marker, AgentId other) throws IOException {
    this.runtime = runtime;
    this.marker = marker;
    this.id =
        runtime
            .agents()
            .save(Agent.of("marked", marker).withConfiguration(Map.of("note", marker)))
            .value()
            .id();
    writeStates();
    this.task = writeTasks();
    this.fact = writeFacts();
    this.message = writeMessages(other);
    this.saga = runSaga();
    this.token =
        runtime.sessions().open(NewSession.ofAgent(id).withUserAgent("agent " + marker)).token();
    boolean unusedEvent =
        runtime
            .lifecycleEvents()
            .record(LifecycleEvent.of(id, "marked", Map.of("note", marker), Instant.now()));
    runtime.lifecycle().flush(id, SOON);
    var unusedCheckpoint = runtime.checkpoints().create(id, CheckpointOptions.full());
  }

  /** Registers an agent, and writes the marker wherever it has data. */
  public static MarkedAgent write(Persistence runtime, String marker, AgentId other) {
    try {
      return new MarkedAgent(runtime, marker, other);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeStates() throws IOException {
    for (int version = 0; version < 3; version++) {
      var unused = runtime.states(String.class).save(StateKey.of(id, "note"), marker + version);
    }
    var unusedFleeting =
        runtime
            .states(FLEETING)
            .save(StateKey.of(id, "note").withType(FLEETING.name()), "fleeting " + marker);
    long unusedVersion = runtime.log(id, "notes", String.class).append("logged " + marker);
    StateType<String> type = StateType.untyped(String.class);
    var unusedStep =
        runtime
            .step()
            .save(type, StateKey.of(id, "step.one"), "step " + marker)
            .save(type, StateKey.of(id, "step.two"), "step " + marker)
            .commit();
    var unusedValue =
        runtime
            .largeValues()
            .write(
                StateKey.of(id, "large"),
                new ByteArrayInputStream(("large " + marker).getBytes(UTF_8)),
                SaveOptions.unconditional());
  }

  private UUID writeTasks() {
    NewTask work =
        NewTask.of("marked", Map.of("note", marker))
            .withMetadata(Map.of("note", marker))
            .createdBy(id);
    UUID archived = runtime.tasks().enqueue(work);
    boolean unusedCancelled = runtime.tasks().cancel(archived, "not needed: " + marker);
    int unusedMoved = runtime.tasks().archive(Duration.ofNanos(1_000), 100);
    UUID parent = runtime.tasks().enqueue(work);
    List<UUID> unusedChild =
        runtime
            .tasks()
            .enqueueAll(List.of(NewTask.of("marked", Map.of("note", marker)).assignedTo(id), work));
    return parent;
  }

  private UUID writeFacts() {
    Fact known = Fact.of("note", "one", "says", "fact " + marker).withSource(id);
    UUID saved = runtime.knowledge().save(known).fact().id();
    var unused =
        runtime.knowledge().embed(List.of(Embedding.of(saved, MODEL, "text " + marker, 1, 2)));
    var unusedAbout =
        runtime.knowledge().save(Fact.of("agent", id.toString(), "is", "about " + marker));
    return saved;
  }

  private Message.Id writeMessages(AgentId other) {
    Message.Id unusedReceived =
        runtime
            .messages()
            .append(
                Draft.of(Message.Type.COMMAND, Map.of("note", marker)).from(other).to(id).build());
    return runtime
        .messages()
        .append(
            Draft.of(Message.Type.COMMAND, Map.of("note", marker))
                .subject("note")
                .header("note", marker)
                .from(id)
                .to(other)
                .build());
  }

  private UUID runSaga() {
    Saga noting =
        Saga.builder("marked", 1)
            .step(
                SagaStep.call("note", context -> Map.of("note", "result " + marker))
                    .compensatedByCall(context -> Map.of()))
            .build();
    SagaRunner.Options options = SagaRunner.Options.of(1).withPoll(Duration.ofMillis(100));
    SagaRunner runner = runtime.sagas().startRunner(options, List.of(noting));
    try {
      UUID run =
          runtime
              .sagas()
              .start(noting, SagaStart.of(Map.of("agent", id.toString(), "note", marker)));
      var unused = runtime.sagas().await(run, SOON).orElseThrow();
      return run;
    } finally {
      runner.close();
    }
  }

  /** Returns the agent's id. */
  public AgentId id() {
    return id;
  }

  /** Returns a task of the agent that was not archived. */
  UUID task() {
    return task;
  }

  /** Returns a fact that the agent found. */
  UUID fact() {
    return fact;
  }

  /** Returns an ended run of a saga that names the agent. */
  UUID saga() {
    return saga;
  }

  /** Returns a message that the agent sent. */
  Message.Id message() {
    return message;
  }

  /** Returns the token of the agent's session. */
  String token() {
    return token;
  }
}
