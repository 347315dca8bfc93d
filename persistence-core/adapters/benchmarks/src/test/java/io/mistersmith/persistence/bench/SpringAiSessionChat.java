package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.springai.PersistentSessionRepository;
import java.util.List;
import java.util.Optional;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;

/** A session of Spring AI. */
final class SpringAiSessionChat implements Chat {

  private final SessionRepository repository;
  private final String session;
  private int count;

  private SpringAiSessionChat(SessionRepository repository, String session) {
    this.repository = repository;
    this.session = session;
  }

  /** {@link PersistentSessionRepository}. */
  static final class Sessions implements Adapter {
    @Override
    public String name() {
      return "springai.session";
    }

    @Override
    public void create(Persistence persistence, String conversation) {
      Session unused =
          PersistentSessionRepository.of(persistence)
              .save(Session.builder().id(conversation).userId("user").build());
    }

    @Override
    public Chat open(Persistence persistence, String conversation) {
      return new SpringAiSessionChat(PersistentSessionRepository.of(persistence), conversation);
    }
  }

  @Override
  public void fill(int messages) throws Exception {
    for (int i = 0; i < messages; i++) {
      next().make();
    }
  }

  private SessionEvent event(Message message) {
    return SessionEvent.builder().sessionId(session).message(message).build();
  }

  @Override
  public Append next() {
    SessionEvent event = event(new UserMessage(Texts.numbered(count++)));
    return () -> repository.appendEvent(event);
  }

  @Override
  public Append saying(Said said) {
    SessionEvent event = event(SpringAiChat.message(said));
    return () -> repository.appendEvent(event);
  }

  @Override
  public List<Said> read() {
    return repository.findEvents(session, EventFilter.all()).stream()
        .map(event -> SpringAiChat.said(event.getMessage()))
        .flatMap(Optional::stream)
        .toList();
  }
}
