package io.mistersmith.example;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Writes, flushes and reads values of each kind that the engine maps by reflection. */
final class Work {

  record Cursor(int step, String tool) {}

  private Work() {}

  static void run(Persistence persistence) throws InterruptedException {
    AgentId agent = persistence.agents().save(Agent.of("module", "Ada")).value().id();
    StateRepository<Cursor> cursors = persistence.states(Cursor.class);
    StateKey key = StateKey.of(agent, "cursor");
    Versioned<Cursor> saved = cursors.save(key, new Cursor(2, "search"));
    cursors.awaitDurable(key, saved.revision(), Duration.ofSeconds(20));
    check(cursors.find(key).orElseThrow().value().equals(new Cursor(2, "search")));

    Log<Cursor> turns = persistence.log(agent, "turns", StateType.of("turns", Cursor.class));
    turns.keep(Log.Limits.entries(2)); // kept in an entry of the engine's own
    turns.appendAll(List.of(new Cursor(1, "a"), new Cursor(2, "b"), new Cursor(3, "c")));
    check(turns.limits().equals(Log.Limits.entries(2)));

    BlockingQueue<Message> heard = new LinkedBlockingQueue<>();
    Message.Id id =
        persistence
            .messages()
            .append(
                Draft.of(Message.Type.COMMAND, new Cursor(4, "d"))
                    .from(agent)
                    .to(agent)
                    .persistent(false)
                    .build());
    try (StreamConsumer listener =
        persistence
            .streams()
            .consume(
                ConsumerPlan.durable("AGENT_MESSAGES", "modules").build(),
                Message.class,
                StreamConsumer.Options.of(1).inOrder(),
                message -> heard.add(message.value()))) {
      Message first = heard.poll(20, TimeUnit.SECONDS);
      check(first != null && first.id().equals(id));
      check(persistence.messages().payload(first, Cursor.class).equals(new Cursor(4, "d")));
    }
    System.out.println(
        "done, in " + Work.class.getModule() + " with " + persistence.getClass().getModule());
  }

  private static void check(boolean holds) {
    if (!holds) {
      throw new IllegalStateException("a value is not what was written");
    }
  }
}
