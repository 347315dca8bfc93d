package io.mistersmith.persistence.bench;

import com.google.adk.events.Event;
import com.google.adk.sessions.Session;
import com.google.genai.types.Content;
import com.google.genai.types.FunctionCall;
import com.google.genai.types.FunctionResponse;
import com.google.genai.types.Part;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.adk.PersistentSessionService;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A session of the ADK. */
final class AdkChat implements Chat {

  private static final String APP = "bench";
  private static final String USER = "user";

  private final PersistentSessionService service;
  private final String id;
  private final Session session;
  private int count;

  private AdkChat(PersistentSessionService service, String id) {
    this.service = service;
    this.id = id;
    this.session = Session.builder(id).appName(APP).userId(USER).build();
  }

  /** {@link PersistentSessionService}. */
  static final class Services implements Adapter {
    @Override
    public String name() {
      return "adk";
    }

    @Override
    public void create(Persistence persistence, String conversation) {
      Session unused =
          PersistentSessionService.of(persistence)
              .createSession(APP, USER, null, conversation)
              .blockingGet();
    }

    @Override
    public Chat open(Persistence persistence, String conversation) {
      return new AdkChat(PersistentSessionService.of(persistence), conversation);
    }
  }

  private static Event event(String invocation, String author, Part part) {
    return Event.builder()
        .invocationId(invocation)
        .id(Event.generateEventId())
        .author(author)
        .timestamp(System.currentTimeMillis())
        .content(Content.fromParts(part))
        .build();
  }

  private void append(Event event) {
    Event unused = service.appendEvent(session, event).blockingGet();
  }

  @Override
  public void fill(int messages) throws Exception {
    for (int i = 0; i < messages; i++) {
      next().make();
    }
  }

  @Override
  public Append next() {
    Event event = event("fill", "user", Part.fromText(Texts.numbered(count++)));
    return () -> append(event);
  }

  @Override
  public Append saying(Said said) {
    FunctionCall call =
        FunctionCall.builder().id(said.id()).name("look").args(Map.of("q", said.text())).build();
    FunctionResponse response =
        FunctionResponse.builder()
            .id(said.id())
            .name("look")
            .response(Map.of("found", said.text()))
            .build();
    Event event =
        switch (said.part()) {
          case QUESTION -> event(said.id(), "user", Part.fromText(said.text()));
          case CALL -> event(said.id(), "agent", Part.builder().functionCall(call).build());
          case RESULT ->
              event(said.id(), "agent", Part.builder().functionResponse(response).build());
          case ANSWER -> event(said.id(), "agent", Part.fromText(said.text()));
        };
    return () -> append(event);
  }

  @Override
  public List<Said> read() {
    return service.getSession(APP, USER, id, Optional.empty()).blockingGet().events().stream()
        .map(AdkChat::text)
        .map(Said::parsed)
        .flatMap(Optional::stream)
        .toList();
  }

  private static String text(Event event) {
    if (!event.functionCalls().isEmpty()) {
      return String.valueOf(event.functionCalls().get(0).args().orElse(Map.of()).get("q"));
    }
    if (!event.functionResponses().isEmpty()) {
      return String.valueOf(
          event.functionResponses().get(0).response().orElse(Map.of()).get("found"));
    }
    return event.content().map(Content::text).orElse("");
  }
}
