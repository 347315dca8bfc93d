package io.mistersmith.persistence.testkit.server;

import java.nio.file.Path;

/** Controls a server: a child process, a container, or one that the environment provides. */
sealed interface ServerControl extends AutoCloseable
    permits LocalServer, EnvironmentServer, ContainerServer {
  String host();

  int port();

  long pid();

  Path dataDirectory();

  void kill();

  void stop();

  void restart();

  void pause();

  void resume();

  void reload(Launch changed, String done);

  Path copyData(Path target);

  void replaceData(Path copy);

  boolean ownsProcess();

  @Override
  void close();
}
