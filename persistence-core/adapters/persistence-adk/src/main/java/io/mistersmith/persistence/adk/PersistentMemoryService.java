package io.mistersmith.persistence.adk;

import com.google.adk.events.Event;
import com.google.adk.memory.BaseMemoryService;
import com.google.adk.memory.MemoryEntry;
import com.google.adk.memory.SearchMemoryResponse;
import com.google.adk.sessions.Session;
import com.google.genai.types.Content;
import com.google.genai.types.Part;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.core.Single;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Keeps the long-term memory of the Agent Development Kit in a {@link Persistence}: a fact for each
 * event that has text. Thread-safe. A call that has completed is committed by PostgreSQL.
 *
 * <p>A search finds the events of a user that have any of the words, best match first, whatever
 * session they came from. Words are compared in the language that the migrations were applied with.
 *
 * <p>Work begins when a result is subscribed to, on the thread that subscribes. Failures are
 * emitted as they are: {@link io.mistersmith.persistence.error.PersistenceException}s.
 */
public final class PersistentMemoryService implements BaseMemoryService {

  private static final int MOST_FOUND = 50;
  private static final int MAX_TYPE = 100;

  private final Knowledge knowledge;

  private PersistentMemoryService(Persistence persistence) {
    this.knowledge = persistence.knowledge();
  }

  /** Returns a service. It does not close {@code persistence}. */
  public static PersistentMemoryService of(Persistence persistence) {
    return new PersistentMemoryService(persistence);
  }

  /**
   * Remembers the events of a session that have text. Events that it remembers already are not
   * written again.
   */
  @Override
  public Completable addSessionToMemory(Session session) {
    Objects.requireNonNull(session, "session");
    return Completable.fromAction(
        () -> {
          List<Fact> facts = new ArrayList<>();
          for (Event event : List.copyOf(session.events())) {
            String text = text(event);
            if (!text.isBlank()) {
              facts.add(fact(session, event, text));
            }
          }
          for (int i = 0; i < facts.size(); i += Knowledge.MAX_BATCH) {
            Knowledge.Saved unused =
                knowledge.saveAll(
                    facts.subList(i, Math.min(facts.size(), i + Knowledge.MAX_BATCH)));
          }
        });
  }

  private static String text(Event event) {
    return event.content().flatMap(Content::parts).orElse(List.of()).stream()
        .flatMap(part -> part.text().stream())
        .collect(Collectors.joining("\n"));
  }

  private static Fact fact(Session session, Event event, String text) {
    String name =
        Owners.session(session.appName(), session.userId(), session.id()) + "/" + event.id();
    return Fact.of(type(session.appName()), user(session.userId()), "said", Map.of("text", text))
        .withId(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)))
        .withEvidence(
            Map.of(
                "author",
                Objects.requireNonNullElse(event.author(), ""),
                "timestamp",
                event.timestamp(),
                "content",
                event.content().orElseThrow().toJson()));
  }

  private static String type(String app) {
    String type = "adk/" + Objects.requireNonNull(app, "appName");
    return type.length() > MAX_TYPE ? "adk/" + Owners.hash(app) : type;
  }

  private static String user(String user) {
    Objects.requireNonNull(user, "userId");
    return user.isEmpty() || user.length() > 255 ? Owners.hash(user) : user;
  }

  /** Finds up to 50 events; none for a blank query. */
  @Override
  public Single<SearchMemoryResponse> searchMemory(String appName, String userId, String query) {
    return Single.fromCallable(
        () -> {
          List<MemoryEntry> memories = new ArrayList<>();
          if (!query.isBlank()) {
            knowledge
                .search(
                    SearchQuery.matching(query)
                        .within(FactQuery.about(type(appName), user(userId)))
                        .withLimit(MOST_FOUND))
                .forEach(hit -> memories.add(memory(hit.fact().fact())));
          }
          return SearchMemoryResponse.builder().memories(memories).build();
        });
  }

  private static MemoryEntry memory(Fact fact) {
    Map<String, Object> said = fact.evidence();
    String timestamp = String.valueOf(said.getOrDefault("timestamp", 0));
    return MemoryEntry.builder()
        .content(content(String.valueOf(said.get("content"))))
        .author(String.valueOf(said.getOrDefault("author", "")))
        .timestamp(Instant.ofEpochMilli(Long.parseLong(timestamp)))
        .build();
  }

  private static Content content(String json) {
    return json.equals("null")
        ? Content.builder().parts(List.<Part>of()).build()
        : Content.fromJson(json);
  }

  /**
   * Deletes what is remembered of a user. When it fails, subscribe again: what it has deleted stays
   * deleted.
   */
  public Completable forgetUser(String appName, String userId) {
    return Completable.fromAction(
        () -> {
          FactQuery all =
              FactQuery.about(type(appName), user(userId))
                  .ofAllTimes()
                  .withLimit(FactQuery.MAX_LIMIT);
          for (List<Stored> page = knowledge.find(all);
              !page.isEmpty();
              page = knowledge.find(all)) {
            page.forEach(fact -> knowledge.delete(fact.id()));
          }
        });
  }
}
