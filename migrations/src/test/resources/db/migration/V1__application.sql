-- An application's own script, where Flyway looks by default.
CREATE TABLE public.orders (id BIGINT PRIMARY KEY);
