package io.mistersmith.persistence.bench;

import io.agentscope.core.message.ContentBlock;
import io.agentscope.core.message.Msg;
import io.agentscope.core.message.MsgRole;
import io.agentscope.core.message.TextBlock;
import io.agentscope.core.message.ToolResultBlock;
import io.agentscope.core.message.ToolUseBlock;
import io.agentscope.core.state.AgentStateStore;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agentscope.PersistentAgentStateStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The messages of an AgentScope session, which each save hands over as a whole. */
final class AgentScopeChat implements Chat {

  private static final String USER = "user";
  private static final String KEY = "memory_messages";

  private final AgentStateStore store;
  private final String session;

  /** The messages as this process has them. */
  private final List<Msg> messages;

  private AgentScopeChat(AgentStateStore store, String session) {
    this.store = store;
    this.session = session;
    this.messages = new ArrayList<>(store.getList(USER, session, KEY, Msg.class));
  }

  /** {@link PersistentAgentStateStore}. */
  static final class Stores implements Adapter {
    @Override
    public String name() {
      return "agentscope";
    }

    @Override
    public Chat open(Persistence persistence, String conversation) {
      return new AgentScopeChat(PersistentAgentStateStore.of(persistence), conversation);
    }
  }

  private static Msg message(MsgRole role, ContentBlock block) {
    return Msg.builder().role(role).name("agent").content(block).build();
  }

  private static TextBlock text(String text) {
    return TextBlock.builder().text(text).build();
  }

  private void save() {
    store.save(USER, session, KEY, messages);
  }

  @Override
  public void fill(int count) {
    for (int i = 0; i < count; i++) {
      messages.add(message(MsgRole.USER, text(Texts.numbered(i))));
    }
    save();
  }

  @Override
  public Append next() {
    messages.add(message(MsgRole.USER, text(Texts.numbered(messages.size()))));
    return this::save;
  }

  @Override
  public Append saying(Said said) {
    ContentBlock call =
        ToolUseBlock.builder().id(said.id()).name("look").input(Map.of("q", said.text())).build();
    messages.add(
        switch (said.part()) {
          case QUESTION -> message(MsgRole.USER, text(said.text()));
          case CALL -> message(MsgRole.ASSISTANT, call);
          case RESULT ->
              message(
                  MsgRole.TOOL,
                  ToolResultBlock.builder()
                      .id(said.id())
                      .name("look")
                      .output(text(said.text()))
                      .build());
          case ANSWER -> message(MsgRole.ASSISTANT, text(said.text()));
        });
    return this::save;
  }

  @Override
  public List<Said> read() {
    return store.getList(USER, session, KEY, Msg.class).stream()
        .map(AgentScopeChat::said)
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Said> said(Msg message) {
    for (ToolUseBlock call : message.getContentBlocks(ToolUseBlock.class)) {
      return Said.parsed(Said.Part.CALL + ":" + call.getId());
    }
    for (ToolResultBlock result : message.getContentBlocks(ToolResultBlock.class)) {
      return Said.parsed(Said.Part.RESULT + ":" + result.getId());
    }
    return Said.parsed(message.getTextContent());
  }
}
