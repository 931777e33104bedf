%% Plays scripts (terms, see erlang-terms.ts) on real supervisors, one event at a time, and writes what happened, one line of JSON each.
%% Between events it waits until every process of the tree stands idle in its own loop. What happened is put in order by the strictly
%% monotonic time stamps of the trace: a process's end is stamped before anybody can hear of it.
-module(recorder).
-behaviour(supervisor).
-export([main/1]).
-export([init/1, start_supervisor/1, start_worker/1, start_worker/2, worker_init/2]).

main([In, Out]) ->
    logger:set_primary_config(level, none),
    {ok, Scripts} = file:consult(In),
    {ok, File} = file:open(Out, [write]),
    lists:foreach(fun(Script) -> io:put_chars(File, [play(Script), $\n]) end, Scripts),
    ok = file:close(File),
    halt(0).

play({Seed, Broken, Tree, Events}) ->
    Self = self(),
    Player = spawn_link(fun() -> Self ! {trace, play(Broken, Tree, Events)} end),
    receive {trace, Lines} -> ok end,
    wait_dead(Player),
    Trace = lists:join($,, [[$", Line, $"] || Line <- Lines]),
    io_lib:format("{\"seed\":~b,\"trace\":[~s]}", [Seed, Trace]).

play(Broken, Tree, Events) ->
    process_flag(trap_exit, true),
    ets:new(processes, [named_table, public]),
    ets:new(living, [named_table, public]),
    ets:new(broken, [named_table, public]),
    lists:foreach(fun({Id, N}) -> ets:insert(broken, {Id, N}) end, Broken),
    Log = spawn_link(fun() -> log([]) end),
    register(log, Log),
    erlang:trace(self(), true, [procs, set_on_spawn, strict_monotonic_timestamp, {tracer, Log}]),
    _ = start_supervisor(Tree),
    First = line([]),
    Lines = [First | [line(event(Event)) || Event <- Events]],
    erlang:trace(self(), false, [all]),
    unlink(Log),
    exit(Log, kill),
    wait_dead(Log),
    Lines.

%% --- Events ---------------------------------------------------------------------------------------------------------------------

event({'end', Id, How}) ->
    case living(Id) of
        undefined -> ["none"];
        Pid -> end_it(Pid, How), []
    end;
event({break, Id, N}) -> ets:insert(broken, {Id, N}), [];
event({wait, Ms}) -> timer:sleep(Ms), [];
event(stop) ->
    case living(root()) of
        undefined -> ["none"];
        Pid -> exit(Pid, shutdown), wait_dead(Pid), []
    end;
event({batch, Sup, Ids, Calls}) ->
    case living(Sup) of
        undefined -> ["none"];
        Pid ->
            ok = sys:suspend(Pid),
            lists:foreach(fun(Id) -> end_it(living(Id), boom) end, Ids),
            Callers = [queue_call(Pid, Call) || Call <- Calls],
            ok = sys:resume(Pid),
            [receive {answer, Caller, Answer} -> Answer end || Caller <- Callers]
    end;
event({call, _, _, _} = Call) -> [call(Call)].

root() -> "r".

end_it(undefined, _) -> ok;
end_it(Pid, killed) -> exit(Pid, kill), wait_dead(Pid);
end_it(Pid, How) -> Pid ! {end_with, reason(How)}, wait_dead(Pid).

reason(shutdown_why) -> {shutdown, why};
reason(Reason) -> Reason.

wait_dead(Pid) ->
    Ref = monitor(process, Pid),
    receive {'DOWN', Ref, process, Pid, _} -> ok end.

%% A call that is in the supervisor's mailbox (or answered without it) before the next thing happens.
queue_call(Sup, Call) ->
    Self = self(),
    {_, Before} = process_info(Sup, message_queue_len),
    Caller = spawn(fun() -> Self ! {answer, self(), call(Call)} end),
    wait_until(fun() -> process_info(Sup, message_queue_len) > {message_queue_len, Before} orelse not is_process_alive(Caller) end),
    Caller.

call({call, Name, Id, Argument}) ->
    case living(Id) of
        undefined -> "gone";
        Sup ->
            try answer(call(Name, Sup, Argument))
            catch exit:_ -> "gone"
            end
    end.

call(start, Sup, Tree) -> supervisor:start_child(Sup, child_spec(Tree));
call(terminate, Sup, Id) -> supervisor:terminate_child(Sup, Id);
call(restart, Sup, Id) -> supervisor:restart_child(Sup, Id);
call(delete, Sup, Id) -> supervisor:delete_child(Sup, Id);
call(spec, Sup, Id) ->
    case supervisor:get_childspec(Sup, Id) of
        {ok, #{restart := Restart, significant := Significant, type := Type}} ->
            {text, lists:join($/, [atom_to_list(Restart), atom_to_list(Significant), atom_to_list(Type)])};
        Error -> Error
    end;
call(which, Sup, none) ->
    Shown = [which(Child) || Child <- supervisor:which_children(Sup)],
    {text, lists:join($,, case ets:lookup(processes, Sup) of [{_, _, dynamic}] -> lists:sort(Shown); _ -> Shown end)};
call(count, Sup, none) ->
    Counts = supervisor:count_children(Sup),
    {text, lists:join($/, [integer_to_list(proplists:get_value(Key, Counts)) || Key <- [specs, active, supervisors, workers]])};
call(start_dynamic, Sup, Id) -> supervisor:start_child(Sup, [Id]);
call(terminate_dynamic, Sup, Id) ->
    case ets:lookup(living, Id) of
        [] -> {error, not_found};
        [{_, Pid}] -> supervisor:terminate_child(Sup, Pid)
    end.

which({undefined, restarting, _, _}) -> "restarting";
which({undefined, Pid, _, _}) -> [{_, Id, _}] = ets:lookup(processes, Pid), Id;
which({Id, Pid, _, _}) when is_pid(Pid) -> [Id, ":running"];
which({Id, State, _, _}) -> [Id, $:, atom_to_list(State)].

answer(ok) -> "ok";
answer({ok, _}) -> "ok";
answer({text, Text}) -> Text;
answer({error, {already_started, _}}) -> "already-started";
answer({error, already_present}) -> "already-present";
answer({error, not_found}) -> "not-found";
answer({error, running}) -> "running";
answer({error, restarting}) -> "restarting";
answer({error, simple_one_for_one}) -> "dynamic";
answer({error, _}) -> "start-failed".

%% --- The tree -------------------------------------------------------------------------------------------------------------------

start_supervisor(Tree) -> supervisor:start_link(?MODULE, Tree).

init(#{id := Id, kind := Kind, intensity := Intensity, period := Period} = Tree) ->
    born(Id, Kind),
    Flags = #{intensity => Intensity, period => Period},
    case Tree of
        #{kind := dynamic, template := Template} -> {ok, {Flags#{strategy => simple_one_for_one}, [child_spec(Template)]}};
        #{strategy := Strategy, auto_shutdown := Auto, children := Children} ->
            {ok, {Flags#{strategy => Strategy, auto_shutdown => Auto}, [child_spec(Child) || Child <- Children]}}
    end.

child_spec(#{kind := worker, id := Id, restart := Restart, significant := Significant, shutdown := Shutdown} = Worker) ->
    #{id => Id, restart => Restart, significant => Significant, shutdown => Shutdown, type => worker,
      start => {?MODULE, start_worker, [Worker]}};
child_spec(#{id := Id, restart := Restart, significant := Significant} = Tree) ->
    #{id => Id, restart => Restart, significant => Significant, shutdown => infinity, type => supervisor,
      start => {?MODULE, start_supervisor, [Tree]}}.

start_worker(Template, Id) -> start_worker(Template#{id := Id}).

start_worker(#{id := Id, stops := Stops}) ->
    case ets:lookup(broken, Id) of
        [{_, N}] when N > 0 ->
            ets:insert(broken, {Id, N - 1}),
            mark([$!, Id]),
            {error, broken};
        _ -> proc_lib:start_link(?MODULE, worker_init, [Id, Stops])
    end.

worker_init(Id, Stops) ->
    process_flag(trap_exit, true),
    born(Id, worker),
    proc_lib:init_ack({ok, self()}),
    worker_loop(Stops).

worker_loop(Stops) ->
    receive
        {end_with, Reason} -> exit(Reason);
        {'EXIT', _, shutdown} -> stop(Stops);
        {'EXIT', _, Reason} -> exit(Reason)
    end.

stop(at_once) -> exit(shutdown);
stop(slowly) -> timer:sleep(10), exit(shutdown);
stop(never) -> receive never -> ok end.

born(Id, Kind) ->
    ets:insert(processes, {self(), Id, Kind}),
    ets:insert(living, {Id, self()}),
    mark([$+, Id]).

living(Id) ->
    case ets:lookup(living, Id) of
        [{_, Pid}] -> case is_process_alive(Pid) of true -> Pid; false -> undefined end;
        [] -> undefined
    end.

%% --- What happened --------------------------------------------------------------------------------------------------------------

mark(Word) -> log ! {mark, {erlang:monotonic_time(nanosecond), erlang:unique_integer([monotonic])}, Word}.

line(Answers) ->
    quiesce(),
    Ref = erlang:trace_delivered(all),
    receive {trace_delivered, all, Ref} -> ok end,
    log ! {take, self()},
    Words = receive {words, Taken} -> together(Taken, []) end,
    lists:join($\s, Words ++ [case Answer of "none" -> Answer; _ -> [$= | Answer] end || Answer <- Answers]).

log(Words) ->
    receive
        {mark, At, Word} -> log([{At, lists:flatten(Word)} | Words]);
        {trace_ts, Pid, exit, Reason, At} ->
            case ets:lookup(processes, Pid) of
                [{_, Id, _}] -> log([{At, lists:flatten([$-, Id, $:, why(Reason)])} | Words]);
                [] -> log(Words)
            end;
        {take, From} ->
            From ! {words, [Word || {_, Word} <- lists:sort(Words)]},
            log([]);
        _ -> log(Words)
    end.

why({shutdown, {failed_to_start_child, _, _}}) -> "failed-start";
why({shutdown, why}) -> "shutdown-why";
why(Reason) when is_atom(Reason) -> atom_to_list(Reason).

%% The ends of dynamic children that stand together have no order: sorted, as script.ts does.
together([[$- | Rest] = Word | Words], Together) ->
    case lists:member($., Rest) of
        true -> together(Words, [Word | Together]);
        false -> lists:sort(Together) ++ [Word | together(Words, [])]
    end;
together([Word | Words], Together) -> lists:sort(Together) ++ [Word | together(Words, [])];
together([], Together) -> lists:sort(Together).

%% --- Quiescence -----------------------------------------------------------------------------------------------------------------

quiesce() ->
    wait_until(fun idle/0),
    timer:sleep(1),
    case lists:all(fun(_) -> erlang:yield(), idle() end, [1, 2, 3]) of
        true -> ok;
        false -> quiesce()
    end.

idle() -> lists:all(fun({Pid, _, _}) -> idle(Pid) end, ets:tab2list(processes)).

%% Waiting in its own loop, not in the middle of a start or a stop.
idle(Pid) ->
    case process_info(Pid, [status, message_queue_len, current_function]) of
        undefined -> true;
        [{status, waiting}, {message_queue_len, 0}, {current_function, {Module, Function, _}}] ->
            lists:member({Module, Function}, [{gen_server, loop}, {erlang, hibernate}, {?MODULE, worker_loop}]);
        _ -> false
    end.

wait_until(Done) ->
    case Done() of
        true -> ok;
        false -> erlang:yield(), wait_until(Done)
    end.
