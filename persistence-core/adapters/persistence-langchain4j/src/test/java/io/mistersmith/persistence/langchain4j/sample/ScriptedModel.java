package io.mistersmith.persistence.langchain4j.sample;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;

/** In place of a model: calls the tool for each question, and answers with the tool's result. */
final class ScriptedModel implements ChatModel {

  static final String QUESTION = "Book seat ";

  @Override
  public ChatResponse doChat(ChatRequest request) {
    return ChatResponse.builder().aiMessage(answer(request.messages())).build();
  }

  private static AiMessage answer(List<ChatMessage> messages) {
    ChatMessage last = messages.get(messages.size() - 1);
    if (last instanceof ToolExecutionResultMessage result) {
      return AiMessage.from("Done: " + result.text());
    }
    String seat = ((UserMessage) last).singleText().substring(QUESTION.length());
    return AiMessage.from(
        ToolExecutionRequest.builder()
            .id("call-" + seat)
            .name(BookingTool.NAME)
            .arguments("{\"seat\":\"" + seat + "\"}")
            .build());
  }
}
