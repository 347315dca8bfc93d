package io.mistersmith.persistence.testkit.server;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An artifact of the Maven repository, taken from the local repository or else fetched by the
 * user's own Maven, with the mirrors and proxies of its settings.
 */
record MavenArtifact(String groupId, String artifactId, String version, String classifier) {
  private static final String DEPENDENCY_PLUGIN =
      "org.apache.maven.plugins:maven-dependency-plugin:3.11.0";
  private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(10);

  /** The artifact's own jar. */
  MavenArtifact(String groupId, String artifactId, String version) {
    this(groupId, artifactId, version, "");
  }

  String coordinates() {
    String main = groupId + ":" + artifactId + ":" + version;
    return classifier.isEmpty() ? main : main + ":jar:" + classifier;
  }

  private String fileName() {
    return artifactId + "-" + version + (classifier.isEmpty() ? "" : "-" + classifier) + ".jar";
  }

  /** The artifact's jar; fetched into the scratch directory where the local repository lacks it. */
  Path resolve(Path scratch) {
    return inLocalRepository().orElseGet(() -> download(scratch));
  }

  private Optional<Path> inLocalRepository() {
    Path jar =
        localRepository()
            .resolve(groupId.replace('.', File.separatorChar))
            .resolve(artifactId)
            .resolve(version)
            .resolve(fileName());
    return Optional.of(jar).filter(Files::isRegularFile);
  }

  private static Path localRepository() {
    String configured = System.getProperty("maven.repo.local", "");
    return configured.isBlank()
        ? Path.of(System.getProperty("user.home"), ".m2", "repository")
        : Path.of(configured);
  }

  private Path download(Path scratch) {
    Announcement.say("fetching " + coordinates() + " with Maven");
    List<String> command = new ArrayList<>(mavenCommand());
    command.add("-q");
    command.add("-B");
    if (!System.getProperty("maven.repo.local", "").isBlank()) {
      command.add("-Dmaven.repo.local=" + localRepository());
    }
    // "copy" fetches as "get" does, and says where the file is whatever the settings name as the
    // local repository.
    command.add(DEPENDENCY_PLUGIN + ":copy");
    command.add("-Dartifact=" + coordinates());
    command.add("-DoutputDirectory=" + scratch);
    CommandRun.check(command, DOWNLOAD_LIMIT, scratch);
    try (Stream<Path> files = Files.list(scratch)) {
      return files
          .filter(file -> file.endsWith(fileName()))
          .findFirst()
          .orElseThrow(
              () -> new IllegalStateException("Maven fetched no file for " + coordinates()));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not list " + scratch, e);
    }
  }

  private List<String> mavenCommand() {
    String name = Platform.isWindows() ? "mvn.cmd" : "mvn";
    Optional<Path> found =
        Stream.of("MAVEN_HOME", "M2_HOME")
            .map(System::getenv)
            .filter(home -> home != null && !home.isBlank())
            .map(home -> Path.of(home, "bin", name))
            .filter(Files::isExecutable)
            .findFirst()
            .or(() -> Platform.onPath(name));
    return List.of(
        found
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "%s is not in the local Maven repository, and there is no %s on the PATH (nor MAVEN_HOME) to fetch it. Run once: mvn %s:get -Dartifact=%s -Dtransitive=false"
                            .formatted(coordinates(), name, DEPENDENCY_PLUGIN, coordinates())))
            .toString());
  }
}
