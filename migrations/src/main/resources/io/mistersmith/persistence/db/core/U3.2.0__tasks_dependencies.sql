DROP TABLE tasks.dependencies;
DROP FUNCTION tasks.refuse_dependency_cycle();
DROP FUNCTION tasks.lock_dependencies();
DROP TABLE tasks.dependency_lock;
