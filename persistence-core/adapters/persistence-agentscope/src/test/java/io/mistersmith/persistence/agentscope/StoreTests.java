package io.mistersmith.persistence.agentscope;

import io.agentscope.core.message.Msg;
import io.agentscope.core.message.MsgRole;
import io.agentscope.core.message.TextBlock;
import io.agentscope.core.message.ToolResultBlock;
import io.agentscope.core.message.ToolUseBlock;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.testkit.SharedStores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;

/** Two runtimes over the same stores, which stand for two processes; and messages. */
abstract class StoreTests {

  private @Nullable PersistentAgentStateStore opened;

  /** Returns the stores; a runtime over them stands for a process. */
  abstract SharedStores stores();

  @BeforeEach
  void openStore() {
    opened = PersistentAgentStateStore.of(stores().runtime());
    store().forgetUser(null);
    store().forgetUser("user");
  }

  PersistentAgentStateStore store() {
    return Objects.requireNonNull(opened);
  }

  /** Returns the number of entries in the log of a list, once PostgreSQL has them. */
  long entries(String session, String list) {
    Slot slot = Slot.of("user", session);
    Log<String> log = stores().runtime().log(slot.session(), slot.list(list).key(), Sessions.ITEMS);
    long entries = log.size();
    if (entries > 0) {
      log.awaitDurable(log.version(), Duration.ofSeconds(60));
    }
    return entries;
  }

  static Msg message(String text) {
    return Msg.builder()
        .role(MsgRole.USER)
        .name("user")
        .content(TextBlock.builder().text(text).build())
        .build();
  }

  static List<Msg> messages(int count) {
    List<Msg> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(message("m" + i));
    }
    return messages;
  }

  static Msg call(String id) {
    return Msg.builder()
        .role(MsgRole.ASSISTANT)
        .name("agent")
        .content(ToolUseBlock.builder().id(id).name("search").input(Map.of("q", id)).build())
        .build();
  }

  static Msg result(String id) {
    return Msg.builder()
        .role(MsgRole.TOOL)
        .name("agent")
        .content(
            ToolResultBlock.builder()
                .id(id)
                .name("search")
                .output(TextBlock.builder().text("found " + id).build())
                .build())
        .build();
  }

  static List<String> texts(List<Msg> messages) {
    return messages.stream().map(Msg::getTextContent).toList();
  }
}
