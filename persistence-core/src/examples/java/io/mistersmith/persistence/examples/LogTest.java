package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository.Watch;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** A conversation as an append-only log. */
class LogTest {

  /** One turn of a conversation. */
  record Turn(String role, String text) {}

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  @Test
  void keepsAConversation() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      AgentId conversation = AgentId.external("conversation-7");
      Log<Turn> turns = persistence.log(conversation, "main", StateType.of("turns", Turn.class));
      turns.append(new Turn("user", "Where is my train?"));
      long call = turns.append(new Turn("call", "timetable()"));
      turns.append(new Turn("result", "platform 4"), Append.always().keptWith(call));
      turns.append("message-81", new Turn("assistant", "Platform 4.")); // once, even if repeated
      List<Entry<Turn>> context = turns.tail(20); // for the next prompt, oldest first

      assertThat(context).extracting(Entry::version).containsExactly(1L, 2L, 3L, 4L);
      assertThat(turns.append("message-81", new Turn("assistant", "again"))).isEqualTo(4);
    }
  }

  @Test
  void appendsInAStep() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      AgentId agent = AgentId.external("conversation-7");
      StateType<Integer> cursors = StateType.of("cursor", Integer.class);
      Log<String> turns = persistence.log(agent, "main", String.class);

      Step step = persistence.step().save(cursors, StateKey.of(agent, "cursor"), 7);
      LongSupplier version = turns.append(step, "by train");
      step.commit(); // the cursor and the turn, or neither

      assertThat(version.getAsLong()).isEqualTo(1);
    }
  }

  @Test
  void shortensAConversation() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      AgentId conversation = AgentId.external("conversation-7");
      Log<String> turns = persistence.log(conversation, "main", String.class);
      List<String> heard = new CopyOnWriteArrayList<>();
      turns.appendAll(List.of("one", "two", "three", "four"));

      long version = turns.version();
      turns.compact(version, "they counted to four", 1); // keeps the last entry as it is
      Log<String> other = turns.branch("what if", version); // goes on by itself
      other.append("six");
      turns.keep(Limits.entries(500)); // with every later append
      try (Watch watch = turns.watch(version, entry -> heard.add(entry.value()))) {
        assertThat(watch).isNotNull();
        turns.append("five");
        await().until(() -> heard.contains("five"));
      }

      assertThat(turns.tail(20))
          .extracting(Entry::value)
          .containsExactly("they counted to four", "four", "five");
      assertThat(other.tail(1)).extracting(Entry::value).containsExactly("six");
    }
  }
}
