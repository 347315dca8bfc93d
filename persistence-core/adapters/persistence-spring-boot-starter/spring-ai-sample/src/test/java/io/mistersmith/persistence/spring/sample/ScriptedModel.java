package io.mistersmith.persistence.spring.sample;

import java.util.List;
import java.util.Objects;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.stereotype.Component;

/** In place of a model: calls the tool for each question, and answers with the tool's result. */
@Component
class ScriptedModel implements ChatModel {

  static final String QUESTION = "Book seat ";

  @Override
  public ChatResponse call(Prompt prompt) {
    return new ChatResponse(List.of(new Generation(answer(prompt.getInstructions()))));
  }

  @Override
  public ChatOptions getOptions() {
    return ToolCallingChatOptions.builder().build();
  }

  private static AssistantMessage answer(List<Message> messages) {
    Message last = messages.get(messages.size() - 1);
    if (last instanceof ToolResponseMessage results) {
      String result = results.getResponses().get(0).responseData();
      return new AssistantMessage("Done: " + result.replace("\"", ""));
    }
    String question = Objects.requireNonNull(((UserMessage) last).getText());
    String seat = question.substring(QUESTION.length());
    String arguments = "{\"seat\":\"" + seat + "\"}";
    return AssistantMessage.builder()
        .content("")
        .toolCalls(List.of(new ToolCall("call-" + seat, "function", BookingTool.NAME, arguments)))
        .build();
  }
}
