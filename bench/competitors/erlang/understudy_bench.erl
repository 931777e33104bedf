%% The workloads in Erlang: plain processes, `!` and `receive`; for restart and supervisor-start-stop, OTP's supervisor.
%%   erl -noshell +P 4000000 -s understudy_bench main -extra <workload> <count> <count of a warm-up pass>
%% Prints one line: @@{"<row>": <figure>, …}
-module(understudy_bench).
-behaviour(supervisor).
-export([main/0, init/1, start_worker/1, start_idle/0]).

-define(WARM_UP_PASSES, 2).
-define(BURST, 1000).
-define(OUTSTANDING, 1000).
-define(RING, 1000).
-define(BIG, 120).
-define(CHILDREN, 1000).
%% The supervisor remembers each restart of its period and walks that list at each restart: over a long run the list would be all
%% that is measured. A fresh supervisor each 100 crashes keeps it short.
-define(CRASHES_PER_SUPERVISOR, 100).

main() ->
    logger:set_primary_config(level, none),
    [Workload, Count, WarmUp] = init:get_plain_arguments(),
    N = list_to_integer(Count),
    W = list_to_integer(WarmUp),
    [in_process(fun() -> run(Workload, erlang:max(1000, W)) end) || W > 0, _ <- lists:seq(1, ?WARM_UP_PASSES)],
    Figures = in_process(fun() -> run(Workload, N) end),
    Fields = [io_lib:format("\"~s\": ~.6f", [Row, Value * 1.0]) || {Row, Value} <- Figures],
    io:format("@@{~s}~n", [lists:join(", ", Fields)]),
    halt(0).

%% Each pass starts with a fresh heap.
in_process(Fun) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({result, Fun()}) end),
    receive
        {'DOWN', Monitor, process, Pid, {result, Result}} -> Result;
        {'DOWN', Monitor, process, Pid, Reason} -> io:format(standard_error, "~p~n", [Reason]), halt(1)
    end.

now_ns() -> erlang:monotonic_time(nanosecond).
per_second(N, From) -> N * 1.0e9 / (now_ns() - From).

end_all(Pids) -> [begin unlink(Pid), exit(Pid, kill) end || Pid <- Pids].

%% --- Talking ----------------------------------------------------------------------------------------------------------------

run("tell-burst", N) ->
    Me = self(),
    Pid = spawn_link(fun() -> counter(0, 0, ?BURST, Me) end),
    From = now_ns(),
    bursts(Pid, N),
    Rate = per_second(N, From),
    end_all([Pid]),
    [{"tell-burst", Rate}];
run("ask-sequential", N) ->
    Pid = spawn_link(fun() -> adder(0) end),
    From = now_ns(),
    asks(Pid, 0, N),
    Rate = per_second(N, From),
    end_all([Pid]),
    [{"ask-sequential", Rate}];
run("ask-1000", N) ->
    Me = self(),
    Pid = spawn_link(fun() -> adder(0) end),
    Each = N div ?OUTSTANDING,
    From = now_ns(),
    [spawn_link(fun() -> asks(Pid, 0, Each), Me ! asked end) || _ <- lists:seq(1, ?OUTSTANDING)],
    [receive asked -> ok end || _ <- lists:seq(1, ?OUTSTANDING)],
    Rate = per_second(Each * ?OUTSTANDING, From),
    end_all([Pid]),
    [{"ask-1000", Rate}];
run("ping-pong", N) ->
    Me = self(),
    A = spawn_link(fun() -> link_of_ring(Me) end),
    B = spawn_link(fun() -> link_of_ring(Me) end),
    A ! {next, B},
    B ! {next, A},
    From = now_ns(),
    A ! {ping, N - 1},
    receive done -> ok end,
    Rate = per_second(N, From),
    end_all([A, B]),
    [{"ping-pong", Rate}];
run("ring", N) ->
    Me = self(),
    Pids = [First | Rest] = [spawn_link(fun() -> link_of_ring(Me) end) || _ <- lists:seq(1, ?RING)],
    lists:zipwith(fun(Pid, Next) -> Pid ! {next, Next} end, Pids, Rest ++ [First]),
    From = now_ns(),
    First ! {ping, N - 1},
    receive done -> ok end,
    Rate = per_second(N, From),
    end_all(Pids),
    [{"ring", Rate}];
run("big", N) ->
    Me = self(),
    Pings = erlang:max(1, N div ?BIG div 2),
    Sink = spawn_link(fun() -> counter(0, 0, ?BIG, Me) end),
    Pids = [spawn_link(fun() -> neighbour(I, Pings, Sink) end) || I <- lists:seq(1, ?BIG)],
    All = list_to_tuple(Pids),
    [Pid ! {all, All} || Pid <- Pids],
    From = now_ns(),
    [Pid ! {inc, 0} || Pid <- Pids],
    receive done -> ok end,
    Rate = per_second(?BIG * Pings * 2, From),
    end_all([Sink | Pids]),
    [{"big", Rate}];
run("fan-out", N) ->
    Me = self(),
    Size = erlang:min(10000, erlang:max(100, N div 100)),
    Each = erlang:max(1, N div Size),
    Collector = spawn_link(fun() -> counter(0, 0, Size, Me) end),
    Pids = [spawn_link(fun() -> receiver(0, Each, Collector) end) || _ <- lists:seq(1, Size)],
    From = now_ns(),
    [[Pid ! {inc, 1} || Pid <- Pids] || _ <- lists:seq(1, Each)],
    receive done -> ok end,
    Rate = per_second(Size * Each + Size, From),
    end_all([Collector | Pids]),
    [{"fan-out", Rate}];

%% --- Lives ------------------------------------------------------------------------------------------------------------------

run("fork-join", N) ->
    Me = self(),
    Collector = spawn_link(fun() -> counter(0, 0, N, Me) end),
    From = now_ns(),
    fork(Collector, N),
    receive done -> ok end,
    Rate = per_second(N, From),
    end_all([Collector]),
    [{"fork-join", Rate}];
run("spawn", N) ->
    garbage_collect(),
    Before = erlang:memory(total),
    From = now_ns(),
    Pids = [spawn(fun() -> idle(0) end) || _ <- lists:seq(1, N)],
    Rate = per_second(N, From),
    timer:sleep(50),
    %% minus the list of them: two words each
    Bytes = (erlang:memory(total) - Before) / N - 16,
    Monitors = [monitor(process, Pid) || Pid <- Pids],
    [Pid ! stop || Pid <- Pids],
    [receive {'DOWN', Monitor, _, _, _} -> ok end || Monitor <- Monitors],
    [{"spawn", Rate}, {"idle-bytes", Bytes}];
run("restart", N) ->
    Groups = erlang:max(1, N div ?CRASHES_PER_SUPERVISOR),
    Latencies = lists:sort(lists:append([crashes(?CRASHES_PER_SUPERVISOR) || _ <- lists:seq(1, Groups)])),
    [{"restart", lists:nth(length(Latencies) div 2 + 1, Latencies) / 1000}];
run("supervisor-start-stop", N) ->
    [{"start-stop-static", start_and_stop(static, N)}, {"start-stop-dynamic", start_and_stop(dynamic, N)}].

%% --- Processes ----------------------------------------------------------------------------------------------------------------

bursts(_, N) when N =< 0 -> ok;
bursts(Pid, N) ->
    tells(Pid, ?BURST),
    receive done -> ok end,
    bursts(Pid, N - ?BURST).

tells(_, 0) -> ok;
tells(Pid, N) ->
    Pid ! {inc, N},
    tells(Pid, N - 1).

counter(Count, Sum, Every, To) ->
    receive
        {inc, Value} when (Count + 1) rem Every =:= 0 ->
            To ! done,
            counter(Count + 1, Sum + Value, Every, To);
        {inc, Value} ->
            counter(Count + 1, Sum + Value, Every, To)
    end.

asks(_, N, N) -> ok;
asks(Pid, I, N) ->
    Ref = make_ref(),
    Pid ! {ask, self(), Ref, I},
    receive {Ref, Reply} -> Reply = I + 1 end,
    asks(Pid, I + 1, N).

adder(Asked) ->
    receive
        {ask, From, Ref, Value} ->
            From ! {Ref, Value + 1},
            adder(Asked + 1)
    end.

link_of_ring(Main) -> receive {next, Next} -> link_of_ring(Main, Next) end.
link_of_ring(Main, Next) ->
    receive
        {ping, Value} when Value =< 0 ->
            Main ! done,
            link_of_ring(Main, Next);
        {ping, Value} ->
            Next ! {ping, Value - 1},
            link_of_ring(Main, Next)
    end.

neighbour(I, Pings, Sink) -> receive {all, All} -> neighbour(I, I * 7919 + 1, Pings, All, Sink) end.
neighbour(I, Random, Left, All, Sink) ->
    receive
        {ping, From} ->
            From ! {inc, I},
            neighbour(I, Random, Left, All, Sink);
        {inc, _} when Left > 0 ->
            Next = (Random * 1103515245 + 12345) band 16#7fffffff,
            element(1 + (Next bsr 8) rem tuple_size(All), All) ! {ping, self()},
            neighbour(I, Next, Left - 1, All, Sink);
        {inc, _} ->
            Sink ! {inc, 1},
            neighbour(I, Random, Left, All, Sink)
    end.

receiver(Seen, Each, Collector) ->
    receive
        {inc, Value} when Seen + Value =:= Each ->
            Collector ! {inc, 1},
            receiver(Each, Each, Collector);
        {inc, Value} ->
            receiver(Seen + Value, Each, Collector)
    end.

%% A process that returns has stopped: nobody need stop it.
fork(_, 0) -> ok;
fork(Collector, N) ->
    Pid = spawn(fun() -> receive {inc, Value} -> Collector ! {inc, Value} end end),
    Pid ! {inc, 1},
    fork(Collector, N - 1).

idle(Sum) ->
    receive
        {inc, Value} -> idle(Sum + Value);
        stop -> ok
    end.

%% --- Restart --------------------------------------------------------------------------------------------------------------------

crashes(N) ->
    {ok, Supervisor} = supervisor:start_link(?MODULE, self()),
    First = receive {up, Started} -> Started end,
    {Latencies, _} = lists:foldl(fun(_, {Sofar, Pid}) ->
        From = now_ns(),
        Pid ! crash,
        Next = receive {up, It} -> It end,
        Next ! {ping, self()},
        receive pong -> ok end,
        {[now_ns() - From | Sofar], Next}
    end, {[], First}, lists:seq(1, N)),
    end_all([Supervisor]),
    Latencies.

init(static) ->
    {ok, {#{strategy => one_for_one}, []}};
init(dynamic) ->
    {ok, {#{strategy => simple_one_for_one}, [#{id => idle, start => {?MODULE, start_idle, []}}]}};
init(Main) ->
    Child = #{id => worker, start => {?MODULE, start_worker, [Main]}, restart => permanent},
    {ok, {#{strategy => one_for_one, intensity => 100000000, period => 1}, [Child]}}.

start_worker(Main) ->
    {ok, proc_lib:spawn_link(fun() -> Main ! {up, self()}, worker() end)}.

worker() ->
    receive
        {ping, From} ->
            From ! pong,
            worker();
        crash ->
            exit(crash)
    end.

%% --- Start and stop ---------------------------------------------------------------------------------------------------------------

start_and_stop(Kind, N) ->
    {ok, Supervisor} = supervisor:start_link(?MODULE, Kind),
    From = now_ns(),
    start_and_stop(Kind, Supervisor, N),
    Rate = per_second(N, From),
    end_all([Supervisor]),
    Rate.

start_and_stop(_, _, N) when N =< 0 -> ok;
start_and_stop(Kind, Supervisor, N) ->
    Some = erlang:min(?CHILDREN, N),
    Children = lists:foldl(fun(I, Sofar) -> [start_child(Kind, Supervisor, N - I) | Sofar] end, [], lists:seq(1, Some)),
    Some = proplists:get_value(active, supervisor:count_children(Supervisor)),
    [ok = terminate_child(Kind, Supervisor, Child) || Child <- Children],
    0 = proplists:get_value(active, supervisor:count_children(Supervisor)),
    start_and_stop(Kind, Supervisor, N - ?CHILDREN).

start_child(static, Supervisor, Id) ->
    {ok, _} = supervisor:start_child(Supervisor, #{id => Id, start => {?MODULE, start_idle, []}}),
    Id;
start_child(dynamic, Supervisor, _) ->
    {ok, Pid} = supervisor:start_child(Supervisor, []),
    Pid.

terminate_child(static, Supervisor, Id) ->
    ok = supervisor:terminate_child(Supervisor, Id),
    supervisor:delete_child(Supervisor, Id);
terminate_child(dynamic, Supervisor, Pid) ->
    supervisor:terminate_child(Supervisor, Pid).

start_idle() ->
    {ok, proc_lib:spawn_link(fun() -> idle(0) end)}.
