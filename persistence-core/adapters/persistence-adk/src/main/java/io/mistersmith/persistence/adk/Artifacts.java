package io.mistersmith.persistence.adk;

import com.google.genai.types.Part;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Artifacts as they are kept: an entry that lists the versions, a large value for each of them. */
final class Artifacts {

  /**
   * The versions of an artifact.
   *
   * @param contents the keys of the large values, oldest version first
   */
  record Versions(List<String> contents) {

    Versions with(String content) {
      List<String> more = new ArrayList<>(contents);
      more.add(content);
      return new Versions(more);
    }
  }

  private static final StateType<Versions> TYPE = StateType.of("adk-artifacts", Versions.class);
  private static final String PREFIX = "adk-artifact.";

  private final StateRepository<Versions> versions;
  private final LargeValues contents;

  Artifacts(Persistence persistence) {
    this.versions = persistence.states(TYPE);
    this.contents = persistence.largeValues();
  }

  int save(AgentId owner, String name, Part part) throws IOException {
    byte[] json = part.toJson().getBytes(StandardCharsets.UTF_8);
    String content = PREFIX + UUID.randomUUID();
    contents.write(
        StateKey.of(owner, content),
        new ByteArrayInputStream(json),
        json.length,
        SaveOptions.ifAbsent());
    Versions saved =
        versions
            .update(StateKey.of(owner, name), new Versions(List.of()), found -> found.with(content))
            .value();
    return saved.contents().indexOf(content);
  }

  private List<String> find(AgentId owner, String name) {
    return versions
        .find(StateKey.of(owner, name))
        .map(Versioned::value)
        .map(Versions::contents)
        .orElse(List.of());
  }

  Optional<Part> load(AgentId owner, String name, @Nullable Integer version) throws IOException {
    List<String> found = find(owner, name);
    int wanted = version == null ? found.size() - 1 : version;
    if (wanted < 0 || wanted >= found.size()) {
      return Optional.empty();
    }
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    return contents
        .read(StateKey.of(owner, found.get(wanted)), json)
        .map(description -> Part.fromJson(json.toString(StandardCharsets.UTF_8)));
  }

  List<String> names(AgentId owner) {
    return versions.keys(owner, "").stream().map(StateKey::key).toList();
  }

  int versions(AgentId owner, String name) {
    return find(owner, name).size();
  }

  void delete(AgentId owner, String name) {
    List<String> found = find(owner, name);
    versions.delete(StateKey.of(owner, name));
    found.forEach(content -> contents.descriptions().delete(StateKey.of(owner, content)));
  }

  /** Deletes contents that no list of versions names, too: of a process that died in between. */
  void deleteAll(AgentId owner) {
    names(owner).forEach(name -> delete(owner, name));
    contents
        .descriptions()
        .keys(owner, PREFIX)
        .forEach(content -> contents.descriptions().delete(content));
  }
}
