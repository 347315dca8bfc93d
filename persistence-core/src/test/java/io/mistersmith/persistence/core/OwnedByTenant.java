package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Channel.Kind;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Sessions.Opened;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.task.NewTask;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Something of each kind that a tenant can have, with all that another one needs to ask for it. */
record OwnedByTenant(
    AgentId agent,
    StateKey key,
    StateKey large,
    UUID checkpoint,
    Opened session,
    UUID task,
    Message.Id message,
    UUID fact,
    UUID run) {

  private static final Duration SOON = Duration.ofSeconds(60);

  /** Twice what fits into a message of NATS, so that it is in chunks. */
  private static final int LARGE = 2 * 1024 * 1024;

  static OwnedByTenant create(Persistence persistence) throws IOException {
    AgentId agent = persistence.agents().save(Agent.of("worker", "ours")).value().id();
    StateKey key = StateKey.of(agent, "k");
    persistence.states(Integer.class).save(key, 1);
    boolean isNew =
        persistence
            .lifecycleEvents()
            .record(LifecycleEvent.of(agent, "started", Map.of(), Instant.now()));
    assertThat(isNew).isTrue();
    Log<String> log = persistence.log(agent, "steps", String.class);
    log.awaitDurable(log.append("one"), SOON);
    StateKey large = StateKey.of(agent, "big");
    persistence
        .largeValues()
        .write(large, new ByteArrayInputStream(new byte[LARGE]), SaveOptions.unconditional());
    UUID checkpoint =
        persistence.checkpoints().create(agent, CheckpointOptions.full().withName("first")).id();
    Opened session = persistence.sessions().open(NewSession.ofUser("ada").withAgent(agent));
    UUID task = persistence.tasks().enqueue(NewTask.of("job", Map.of("secret", 1)));
    persistence.messages().save(Channel.of("trips", Kind.TOPIC));
    Message.Id message =
        persistence
            .messages()
            .append(Draft.of(Message.Type.COMMAND, "go").from(agent).to(agent).build());
    assertThat(persistence.queries("count", Integer.class).find("p", () -> Optional.of(1)))
        .isPresent();
    UUID fact = persistence.knowledge().save(Fact.of("user", "ann", "lives in", "Oslo")).id();
    Saga order = Saga.builder("order", 1).step(SagaStep.call("pack", context -> Map.of())).build();
    UUID run = persistence.sagas().start(order, SagaStart.of(Map.of()));
    return new OwnedByTenant(agent, key, large, checkpoint, session, task, message, fact, run);
  }
}
