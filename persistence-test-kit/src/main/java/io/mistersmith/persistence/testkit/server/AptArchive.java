package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A suite of the distribution's archive, from which packages are fetched without being installed,
 * which needs no privileges. Archive and keys are those that the system's package sources name; apt
 * keeps its lists in a private directory, so that the system is left as it is.
 */
final class AptArchive {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Path ETC_APT = Path.of("/etc/apt");

  private final AptSource source;
  private final String suite;
  private final String component;
  private final Path scratch;
  private final Path sourceFile;
  private final List<String> apt;
  private String listed = "";

  /** A suite of Debian's archive; {@code scratch} takes what is fetched. */
  AptArchive(String suite, Path scratch) {
    this(debian(), suite, "main", scratch);
  }

  /** A suite of an archive; {@code scratch} takes what is fetched. */
  AptArchive(AptSource source, String suite, String component, Path scratch) {
    this.source = source;
    this.suite = suite;
    this.component = component;
    this.scratch = scratch;
    this.sourceFile = scratch.resolve("one.sources");
    this.apt = new ArrayList<>(List.of("apt-get", "-q"));
    try {
      Path lists = scratch.resolve("lists");
      Files.createDirectories(lists.resolve("partial"));
      Path cache = scratch.resolve("cache");
      Files.createDirectories(cache.resolve("archives/partial"));
      for (String option :
          List.of(
              "Dir::Etc::sourcelist=" + sourceFile,
              "Dir::Etc::sourceparts=/dev/null",
              "Dir::State::Lists=" + lists,
              "Dir::Cache=" + cache,
              "Acquire::Languages=none",
              "Acquire::Retries=3",
              // As root apt becomes another user, which cannot write here.
              "APT::Sandbox::User=root")) {
        apt.addAll(List.of("-o", option));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write below " + scratch, e);
    }
  }

  private static AptSource debian() {
    return AptSource.ofSystem(ETC_APT).stream()
        .filter(found -> found.components().contains("main"))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "No package source in " + ETC_APT + " has the component \"main\""));
  }

  /** Reads the archive's list of binary packages, "deb", or of sources, "deb-src". */
  private void list(String type) {
    if (listed.equals(type)) {
      return;
    }
    try {
      Files.writeString(
          sourceFile,
          source.withSuite(suite, component).replace("Types: deb\n", "Types: " + type + "\n"));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write " + sourceFile, e);
    }
    run(List.of("update"));
    listed = type;
  }

  /** Unpacks a binary package; returns the directory that it is in. */
  Path unpack(String name) {
    Path unpacked = scratch.resolve("unpacked-" + name);
    unpackInto(name, unpacked);
    return unpacked;
  }

  /** Unpacks a binary package beside what the directory holds. */
  void unpackInto(String name, Path directory) {
    CommandRun.check(
        List.of("dpkg", "-x", download(name).toString(), directory.toString()), LIMIT, scratch);
  }

  /** Returns the dependencies that a binary package declares. */
  String dependencies(String name) {
    return CommandRun.check(
            List.of("dpkg", "-f", download(name).toString(), "Depends"), LIMIT, scratch)
        .output();
  }

  private Path download(String name) {
    list("deb");
    run(List.of("download", name + "/" + suite));
    return fetched(name + "_", ".deb");
  }

  /** Unpacks a package's sources as their authors published them; returns their directory. */
  Path unpackSource(String name) {
    list("deb-src");
    run(List.of("source", "--download-only", name));
    Path file = fetched(name + "_", ".orig.tar.gz");
    Path unpacked = scratch.resolve("source-" + name);
    try {
      Files.createDirectories(unpacked);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write below " + scratch, e);
    }
    CommandRun.check(
        List.of("tar", "-xzf", file.toString(), "--strip-components=1", "-C", unpacked.toString()),
        LIMIT,
        scratch);
    return unpacked;
  }

  private void run(List<String> arguments) {
    List<String> command = new ArrayList<>(apt);
    command.addAll(arguments);
    CommandRun.check(command, LIMIT, scratch);
  }

  private Path fetched(String start, String end) {
    try (Stream<Path> files = Files.list(scratch)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(start))
          .filter(file -> file.getFileName().toString().endsWith(end))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("apt-get fetched no " + start + "…" + end));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + scratch, e);
    }
  }
}
